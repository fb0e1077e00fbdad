/*
 * packet_script.h - a plan as a packet script (docs/pkt.md): one host of its run, the packets that
 * it receives and sends, and the calls of its programs.
 *
 * Scripts cannot express which calls block, or that the packets of several calls are sent together.
 * So the run is repeated with programs that wait by poll(), and with the packets queued by a call
 * sent within it; if that fails in the same way, its dialogue becomes the script. The script is run
 * before it is written: it must reproduce the packets sent by the host, or crash like the run.
 */
#ifndef LAB_FUZZ_PACKET_SCRIPT_H
#define LAB_FUZZ_PACKET_SCRIPT_H

#include "lab/fuzz/dialogue.h"
#include "lab/fuzz/run.h"

enum {
	PACKET_SCRIPT_TEXT = DIALOGUE_TEXT + PLAN_TEXT,
	PACKET_SCRIPT_WHY = FAILURE_TEXT + 16,
};

/* Writes the script of the host named by f, or of another; returns false with the reason in why. An
 * empty f: a run without failure. */
bool packet_script(const struct plan *p, const struct failure *f, char text[PACKET_SCRIPT_TEXT],
	char why[PACKET_SCRIPT_WHY]);

#endif
