/*
 * observe_print.c - packet printer: any bytes as a packet and as a frame; lines are cut, never
 * overrun.
 */
#include "observe/print.h"
#include "wire_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char line[PRINT_LINE_MAX];
	struct printer pr;

	print_init(&pr, size % 2);
	for (size_t n = 0; n <= sizeof(line); n = n * 2 + 1) {
		print_packet(&pr, line, n, data, size);
		print_frame(&pr, line, n, data, size);
	}
	return 0;
}
