/*
 * nats_lib.h - libnats, loaded when there is a cluster: its functions, without the prefix nats.
 */
#ifndef BUS_NATS_LIB_H
#define BUS_NATS_LIB_H

#include "chat/bus.h"

#include <nats/nats.h>

struct nats_lib {
	void *library; /* NULL: could not be loaded, */
	char why[BUS_WHY_MAX];
	natsStatus (*pool_size)(int max);
	const char *(*last_error)(natsStatus *status);
	const char *(*status_text)(natsStatus s);
	void (*release_thread)(void);

	natsStatus (*options_new)(natsOptions **o);
	void (*options_free)(natsOptions *o);
	natsStatus (*set_url)(natsOptions *o, const char *url);
	natsStatus (*set_user)(natsOptions *o, const char *user, const char *password);
	natsStatus (*set_creds)(natsOptions *o, const char *file, const char *seed_file);
	natsStatus (*set_name)(natsOptions *o, const char *name);
	natsStatus (*set_secure)(natsOptions *o, bool secure);
	natsStatus (*set_ca)(natsOptions *o, const char *file);
	natsStatus (*set_timeout)(natsOptions *o, int64_t ms);
	natsStatus (*set_ping)(natsOptions *o, int64_t ms);
	natsStatus (*set_pings_out)(natsOptions *o, int most);
	natsStatus (*set_write_deadline)(natsOptions *o, int64_t ms);
	natsStatus (*set_reconnect)(natsOptions *o, bool allow);
	natsStatus (*set_no_echo)(natsOptions *o, bool no_echo);
	natsStatus (*set_asap)(natsOptions *o, bool asap);
	natsStatus (*set_global_delivery)(natsOptions *o, bool global);
	natsStatus (*set_closed)(natsOptions *o, natsConnectionHandler closed, void *arg);
	natsStatus (*set_error)(natsOptions *o, natsErrHandler error, void *arg);

	natsStatus (*connect)(natsConnection **c, natsOptions *o);
	natsStatus (*flush)(natsConnection *c, int64_t ms);
	natsStatus (*connection_error)(natsConnection *c, const char **text);
	void (*disconnect)(natsConnection *c);

	natsStatus (*subscribe)(natsSubscription **s, natsConnection *c, const char *subject,
		natsMsgHandler heard, void *arg);
	natsStatus (*set_limits)(natsSubscription *s, int messages, int bytes);
	natsStatus (*set_complete)(natsSubscription *s, natsOnCompleteCB complete, void *arg);
	void (*unsubscribe)(natsSubscription *s);

	natsStatus (*message_new)(
		natsMsg **m, const char *subject, const char *reply, const char *bytes, int len);
	natsStatus (*set_header)(natsMsg *m, const char *key, const char *value);
	natsStatus (*publish)(natsConnection *c, natsMsg *m);
	const char *(*subject)(const natsMsg *m);
	const char *(*bytes)(const natsMsg *m);
	int (*len)(const natsMsg *m);
	bool (*no_responders)(natsMsg *m);
	void (*message_free)(natsMsg *m);
};

/* Loads it; if that fails, l->library is NULL and l->why has the reason. It stays loaded: threads
 * of its own may still run. */
void nats_lib_load(struct nats_lib *l);

#endif
