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
	void (*close)(struct store *s);
};

#endif
