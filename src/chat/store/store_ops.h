/* store_ops.h - operations that each kind of store implements. */
#ifndef CHAT_STORE_OPS_H
#define CHAT_STORE_OPS_H

#include "chat/store.h"

struct store_ops {
	enum store_status (*submit)(struct store *s, const struct store_request *r);
	void (*flush)(struct store *s);
	void (*complete)(struct store *s);
	void (*tick)(struct store *s, int64_t wall_ms);
	void (*drain)(struct store *s);
	enum store_status (*health)(const struct store *s);
	const char *(*detail)(const struct store *s);
	uint64_t (*last_id)(const struct store *s);
	int64_t (*first_ms)(const struct store *s);
	const char *(*notice)(const struct store *s);
	void (*counters)(const struct store *s, struct store_counters *out);
	void (*set_retention)(struct store *s, const struct store_retention *r);
	void (*close)(struct store *s);
};

/* The first member of every kind. */
struct store {
	const struct store_ops *ops;
};

#endif
