/*
 * program.h - the programs of a plan: at each end of a connection a writer and a reader, which wait
 * for their socket in one of five ways; and an acceptor. They record the results of their calls,
 * and compare every byte with the one that was sent.
 *
 *     writer   actions ... shutdown(SHUT_WR)
 *     reader   actions ... recv() until the end of file         both over: close()
 */
#ifndef LAB_FUZZ_PROGRAM_H
#define LAB_FUZZ_PROGRAM_H

#include "burble/blocking.h"
#include "lab/fuzz/datagram.h"
#include "lab/fuzz/dialogue.h"
#include "lab/fuzz/net.h"

enum {
	WRITER,
	READER,
	STRANDS,
	STRAND_ROWS = 32,  /* actions of a writer, or of a reader */
	URGENTS = 16,      /* urgent bytes per direction */
	SEND_MAX = 65536,  /* bytes of a call */
	TURNS_MAX = 20000, /* of a program at one instant: with more, readiness must be wrong */
	FAILURE_TEXT = 512,
};

/* A property that did not hold. */
struct failure {
	char property[32]; /* empty: all hold */
	char text[FAILURE_TEXT];
};

struct end;
struct oracle;

/* A writer or a reader. */
struct strand {
	struct end *end;
	const struct row *row[STRAND_ROWS];
	int rows, next;
	uint32_t done; /* bytes done of the current action */
	nsec_t until;  /* of a pause */
	bool over;
	bool waiting;   /* for readiness */
	bool blocked;   /* within call */
	bool oob_asked; /* the reader's next call requests the urgent byte */
	struct burble_call call;
	uint8_t *buffer; /* of a blocked call */
};

enum end_state {
	END_IDLE, /* client: not started yet; server: not accepted yet */
	END_CONNECTING,
	END_OPEN,
	END_LINGERING, /* in close() */
	END_OVER,
};

struct end {
	struct run *run;
	int64_t id;
	int side; /* 0 client, 1 server */
	int host;
	int fd, epoll;
	uint8_t state; /* enum end_state */
	uint8_t how;   /* enum wait_how */
	nsec_t due;
	struct strand strand[STRANDS];
	struct burble_call wait; /* poll or epoll_wait */
	struct pollfd poll;
	struct epoll_event event;
	bool waits, registered;
	uint32_t turns; /* at `turn` */
	nsec_t turn;
	/* the outcome */
	bool eof, shut, quit, killed;
	bool fast_open;          /* the writer must see the handshake end before it may shut down */
	nsec_t lingers;          /* its close() waits so long; 0: not at all */
	nsec_t closing;          /* when it began */
	bool twin;               /* server: its client's port was accepted twice, by a SYN cookie */
	int error;               /* the first; 0: none */
	uint64_t sent, received; /* positions in the streams */
	uint64_t offered;        /* sent, plus what a call in progress would add */
	uint64_t urgent[URGENTS + 1]; /* the last may be in progress */
	int urgents;
};

struct acceptor {
	struct run *run;
	int host, port, fd; /* fd < 0: down */
	int backlog;
	nsec_t due;
	struct burble_call call;
	struct sockaddr_storage peer;
	socklen_t peer_len;
};

/* One run of a plan. */
struct run {
	struct net net;
	struct end end[2 * PLAN_CONNS]; /* client and server of a connection are neighbours */
	int ends;
	struct acceptor acceptor[PLAN_HOSTS * 4];
	int acceptors;
	struct flow flow[PLAN_FLOWS];
	int flows;
	uint64_t datagrams[PLAN_HOSTS], fragmented[PLAN_HOSTS]; /* that came: whole, in fragments */
	struct oracle *oracle;
	void (*arrives)(void *run, int host, const struct packet *p);
	void (*sends)(void *run, int host, const struct packet *p);
	struct dialogue *dialogue; /* NULL: not recorded */
	struct failure failure;
	bool ended;    /* nothing new is started */
	uint64_t hash; /* of the results of calls, and their times */
	uint8_t scratch[SEND_MAX];
};

/* Sets up the programs of r->net's plan; the world must exist. */
void program_init(struct run *r);

/* Ends those that are still running. */
void program_end(struct run *r);

/* True if every program is over, except acceptors, which wait for ever. */
bool program_over(const struct run *r);

/* Runs an end at `when`, at the latest. */
void program_due(struct end *e, nsec_t when);

/* Sets the options of an end on a socket of its host. */
void program_options(struct run *r, struct burble *b, int fd, struct end *e);

/* The other end of the connection. */
struct end *program_peer(const struct end *e);

/* Records the first property that fails. */
__attribute__((format(printf, 3, 4))) void fuzz_fail(
	struct run *r, const char *property, const char *format, ...);

#endif
