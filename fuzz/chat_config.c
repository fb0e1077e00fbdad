/*
 * chat_config.c - configuration parser: any file yields a configuration or an error message.
 */
#include "chat/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_source from = {0};
	struct config_error e;
	struct config *c;
	char path[40];
	int fd = memfd_create("conf", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	from.path = path;
	c = config_load(&from, &e);
	if (!c && !e.text[0])
		abort();
	config_free(c);
	close(fd);
	return 0;
}
