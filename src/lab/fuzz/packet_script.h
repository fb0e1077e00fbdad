/*
 * packet_script.h - a plan as a packet script (docs/pkt.md): one host of its run, the packets that
 * reach it, the calls of its programs, and what it sends.
 *
 * Which calls block, and that several are sent together, cannot be said in a script. So the run is
 * made again with programs that wait by poll() and with all that a call has queued sent within it;
 * if that fails in the same way, its dialogue becomes the script. The script is run before it is
 * offered: it must show what the host sends, or crash as the run did.
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
