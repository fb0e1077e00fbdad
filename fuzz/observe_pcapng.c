/*
 * observe_pcapng.c - pcapng reader and packet printer: any bytes as a capture.
 */
#include "observe/pcapng.h"
#include "observe/print.h"
#include "wire_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[PRINT_LINE_MAX];
	struct pcapng_reader r;
	struct pcapng_packet p;
	struct printer pr;

	print_init(&pr, false);
	pcapng_read(&r, data, size);
	while (pcapng_next(&r, &p)) {
		must(p.data >= data && p.data + p.len <= data + size && p.at >= 0);
		if (r.link[p.link].type == PCAPNG_ETHERNET)
			print_frame(&pr, line, sizeof(line), p.data, p.len);
		else
			print_packet(&pr, line, sizeof(line), p.data, p.len);
	}
	return 0;
}
