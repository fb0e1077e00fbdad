/*
 * bus_model.h - the engine behind chat/bus.h in memory: several buses in one process, in virtual
 * time, with the promises of bus.h and no others. For tests and the lab; one seed, one run.
 *
 *     publish()  -> delay, in order for each pair of buses -> complete() of the others: heard
 *     create()   -> delay -> the keys, if most buses can reach each other -> delay -> done
 *     cut        what is on its way between the two sides is lost; the smaller one has no keys
 */
#ifndef CHAT_TEST_BUS_MODEL_H
#define CHAT_TEST_BUS_MODEL_H

#include "chat/bus.h"

enum {
	BUS_MODEL_BUSES = 64, /* also those that were stopped */
};

struct bus_model_options {
	uint64_t seed;
	nsec_t delay_min, delay_max; /* of a message, and of each half of an operation on a key */
	nsec_t patience;             /* then an operation without an answer has failed */
};

struct bus_model;

/* An engine without buses; NULL if out of memory. */
struct bus_model *bus_model_new(const struct bus_model_options *o);

/* Ends the buses that are left, and frees it with all of them. */
void bus_model_free(struct bus_model *m);

/* A bus, which the model owns: number 0, 1, ... in the order of joining. wake() may run inside
 * every function of the model and of the bus. NULL if out of memory. */
struct bus *bus_model_join(struct bus_model *m, void (*wake)(void *arg), void *arg);

/* Passes the time: what has arrived by now is there for complete(). */
void bus_model_step(struct bus_model *m, nsec_t now);

/* When something arrives next; NSEC_MAX: nothing is on its way. */
nsec_t bus_model_due(const struct bus_model *m);

/* Parts the buses in `side` (bit n: number n) from the others: each still sees a part of the
 * engine. 0: no cut. */
void bus_model_cut(struct bus_model *m, uint64_t side);

/* Takes the engine from a bus, or gives it again: a new connection. */
void bus_model_connect(struct bus_model *m, uint32_t number, bool connected);

/* So many of a thousand messages are lost, each to each bus. */
void bus_model_loss(struct bus_model *m, uint32_t per_thousand);

/* The engine elects a leader until then: messages pass, operations on keys fail, at once or after
 * all patience, and a few of them are carried out all the same. */
void bus_model_elect(struct bus_model *m, nsec_t until);

/* The engine's data are lost: there are no keys. */
void bus_model_lose(struct bus_model *m);

#endif
