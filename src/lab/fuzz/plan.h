/*
 * plan.h - a plan: everything that happens in one run, as rows. A seed becomes a plan, a plan is
 * run, and a plan whose run fails is shrunk row by row and number by number.
 *
 *     net shape=router hosts=2 v6=0            hosts and what joins them
 *     loss link=0 share=20000                  links, parameters, options
 *     conn id=0 client=0 server=1 at=0 ...     a connection,
 *     write id=0 end=0 do=send n=1000 flags=0  the writer of an end of it, a row an action,
 *     read id=0 end=1 do=pause n=5000000       and the reader, which continues to the end of file
 *     udp id=0 from=0 to=1 at=0 count=20 ...   datagrams from a host to another
 *     cut link=0 at=1000000000 for=... side=2  faults; each heals
 *
 * Times are nanoseconds, probabilities are in millionths. A row that refers to a missing link, host
 * or connection has no effect, so any row may be removed.
 */
#ifndef LAB_FUZZ_PLAN_H
#define LAB_FUZZ_PLAN_H

#include "base/base.h"

enum {
	PLAN_ROWS = 256,
	PLAN_CONNS = 16,
	PLAN_HOSTS = 4,
	PLAN_LINKS = 4,
	PLAN_FLOWS = 4,      /* of datagrams */
	PLAN_DATAGRAMS = 64, /* of a flow */
	ROW_ARGS = 8,
	PLAN_PORT = 8000,         /* the first port of servers */
	PLAN_CLIENT_PORT = 20000, /* a client's port is this plus the connection's id */
};

enum row_kind {
	ROW_NET,
	ROW_MTU,
	ROW_DELAY,
	ROW_RATE,
	ROW_LOSS,
	ROW_DUPLICATE,
	ROW_CORRUPT,
	ROW_REORDER,
	ROW_BURSTS,
	ROW_DROP,
	ROW_SYSCTL,
	ROW_CONN,
	ROW_OPTION,
	ROW_WAIT,
	ROW_WRITE,
	ROW_READ,
	ROW_UDP,
	ROW_CUT,
	ROW_SWALLOW,
	ROW_STORM,
	ROW_FREEZE,
	ROW_POWER,
	ROW_CRASH,
	ROW_ADDRESS,
	ROW_FORGET,
	ROW_KINDS
};

struct row {
	uint8_t kind; /* enum row_kind */
	int64_t arg[ROW_ARGS];
};

struct plan {
	uint64_t seed; /* of everything random during the run */
	uint32_t rows;
	struct row row[PLAN_ROWS];
};

/* The arguments of a row, by kind. */
enum net_arg {
	NET_SHAPE,
	NET_HOSTS,
	NET_V6
};
enum net_shape {
	NET_PAIR,
	NET_ROUTER,
	NET_NAT,
	NET_SWITCH,
	NET_SHAPES
};
enum link_arg {
	LINK_NUMBER,
	LINK_VALUE,
	LINK_SECOND,
	LINK_THIRD
};
enum sysctl_arg {
	SYSCTL_HOST,
	SYSCTL_NAME,
	SYSCTL_VALUE
};
enum conn_arg {
	CONN_ID,
	CONN_CLIENT,
	CONN_SERVER,
	CONN_AT,
	CONN_PORT,
	CONN_BACKLOG
};
enum option_arg {
	OPTION_ID,
	OPTION_END,
	OPTION_NAME,
	OPTION_VALUE
};
enum wait_arg {
	WAIT_ID,
	WAIT_END,
	WAIT_HOW
};
enum act_arg {
	ACT_ID,
	ACT_END,
	ACT_DO,
	ACT_N,
	ACT_FLAGS
};
enum udp_arg {
	UDP_ID,
	UDP_FROM,
	UDP_TO,
	UDP_AT,
	UDP_COUNT,
	UDP_BYTES,
	UDP_GAP,
	UDP_FLAGS
};
enum fault_arg {
	FAULT_WHERE,
	FAULT_AT,
	FAULT_FOR,
	FAULT_VALUE
};

/* How a program waits for its socket. */
enum wait_how {
	WAIT_BLOCK,
	WAIT_POLL,
	WAIT_LEVEL,
	WAIT_EDGE,
	WAIT_ONESHOT,
	WAIT_HOWS
};

/* Actions. RECV reads n bytes; SEND with n of 0 makes a call, too. QUIT closes at once, ABORT with
 * SO_LINGER 0, LINGER with SO_LINGER n. */
enum act {
	ACT_SEND,
	ACT_RECV,
	ACT_PAUSE,
	ACT_URGENT, /* a writer sends an urgent byte, a reader requests one */
	ACT_QUIT,
	ACT_ABORT,
	ACT_LINGER,
	ACTS
};

enum act_flag {
	ACT_MORE = 1 << 0,    /* MSG_MORE */
	ACT_PEEK = 1 << 1,    /* MSG_PEEK before each read */
	ACT_WAITALL = 1 << 2, /* MSG_WAITALL */
	ACT_FASTOPEN =
		1 << 3, /* of a client's first SEND: MSG_FASTOPEN takes the place of connect() */
};

enum datagram_flag {
	DATAGRAM_CONNECTED = 1 << 0, /* the sender connects its socket */
	DATAGRAM_LITTLE = 1 << 1,    /* the receiver has the smallest SO_RCVBUF */
};

enum side {
	SIDE_A,
	SIDE_B,
	SIDE_BOTH
};

enum arg_type {
	ARG_NUMBER, /* 0 or more */
	ARG_NAME,   /* one of a list */
	ARG_ID,     /* a host, link or connection: never shrunk */
};

struct arg_spec {
	const char *name;
	int64_t max, simplest;
	const char *(*word)(int64_t value); /* of ARG_NAME */
	uint8_t type;                       /* enum arg_type */
};

struct row_spec {
	const char *name;
	struct arg_spec arg[ROW_ARGS]; /* the arguments, ended by a NULL name */
};

/* The format of a kind of row. */
const struct row_spec *row_spec(enum row_kind kind);

/* Appends a row; false if there are PLAN_ROWS. */
bool plan_add(struct plan *p, struct row r);

/* The first row of a kind, NULL if there is none. */
const struct row *plan_find(const struct plan *p, enum row_kind kind);

/* The row of connection `id`; NULL if there is none. */
const struct row *plan_conn(const struct plan *p, int64_t id);

/* Removes rows that refer to something absent. */
void plan_tidy(struct plan *p);

enum {
	PLAN_TEXT = PLAN_ROWS * 160, /* maximum bytes of a plan as text */
};

/* Writes p as text, one row per line; the text ends with NUL. */
void plan_print(const struct plan *p, char text[PLAN_TEXT]);

/* Parses a text of plan_print(): false, with the line number in *line, on a syntax error. */
bool plan_parse(struct plan *p, const char *text, unsigned *line);

/* An argument of the net. */
int64_t plan_net(const struct plan *p, enum net_arg arg);

/* The number of links and hosts of a plan, including the router. */
int plan_links(const struct plan *p);
int plan_hosts(const struct plan *p);

/* How many hosts run programs: all but a router. */
int plan_ends(const struct plan *p);

#endif
