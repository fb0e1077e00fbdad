/* chat_print.c - `burble chat --hash-password` and `--print-config`. */
#include "cli/chat_print.h"

#include "chat/config/config.h"
#include "chat/proto/password.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

bool chat_read_password(char *out, size_t size)
{
	struct termios was, quiet;
	bool terminal = tcgetattr(STDIN_FILENO, &was) == 0;
	bool ok;

	if (terminal) {
		quiet = was;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
		fputs("password: ", stderr);
	}
	ok = fgets(out, (int)size, stdin) != NULL;
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSANOW, &was);
		fputc('\n', stderr);
	}
	out[ok ? strcspn(out, "\r\n") : 0] = '\0';
	return ok && out[0];
}

int chat_print_hash(void)
{
	char password[256], hash[PASSWORD_HASH_MAX];

	if (!chat_read_password(password, sizeof(password))) {
		fputs("burble chat: no password on standard input\n", stderr);
		return 1;
	}
	if (!password_hash(hash, password)) {
		fputs("burble chat: crypt(3) cannot make a hash\n", stderr);
		return 1;
	}
	puts(hash);
	return 0;
}

int chat_print_config(void)
{
	config_print_example(stdout);
	return 0;
}
