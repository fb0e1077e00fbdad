/*
 * words.h - names of packets, states and marks, the same in every report format.
 */
#ifndef LAB_REPORT_WORDS_H
#define LAB_REPORT_WORDS_H

#include "lab/report/story.h"

/* Appends a description of a packet: "SYN 0:0 win 64240", "1:6(5) ack 1 again"; absolute: with
 * sequence numbers as on the wire. */
void words_packet(
	struct text *t, const struct story *s, const struct story_packet *p, bool absolute);

/* "ESTABLISHED" for the value of a STATE; "?" for an invalid one. */
const char *words_state(int64_t value);

/* Appends EPOLL* bits as poll() names them: "POLLIN POLLOUT"; "not ready" for none. */
void words_ready(struct text *t, int64_t bits);

/* "again" and its kind for an enum conn_mark; "" for MARK_NONE. */
const char *words_mark(unsigned mark);

#endif
