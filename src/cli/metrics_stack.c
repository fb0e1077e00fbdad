/*
 * metrics_stack.c - metrics of burble's TCP/IP stack: what it has at present, its drops by the name
 * of the counter, and every counter of Linux.
 */
#include "cli/metrics.h"

#include "socket/instance.h"
#include "stack/mib.h"
#include "stack/netdev.h"
#include "stack/stack.h"
#include "stack/tcp/tcp_diag.h"
#include "stack/udp/udp.h"

/* RFC 9293's names, in small letters. CLOSED is no row: nothing counts it. */
static const char *const states[TCPS_COUNT] = {
	[TCPS_ESTABLISHED] = "established",
	[TCPS_SYN_SENT] = "syn_sent",
	[TCPS_SYN_RCVD] = "syn_received",
	[TCPS_FIN_WAIT_1] = "fin_wait_1",
	[TCPS_FIN_WAIT_2] = "fin_wait_2",
	[TCPS_TIME_WAIT] = "time_wait",
	[TCPS_CLOSE_WAIT] = "close_wait",
	[TCPS_LAST_ACK] = "last_ack",
	[TCPS_LISTEN] = "listen",
	[TCPS_CLOSING] = "closing",
};

static void sockets(struct prom *p, const struct stack *s)
{
	uint32_t counts[TCPS_COUNT];

	tcp_states(s, counts);
	prom_family(p, "burble_stack_tcp_sockets", PROM_GAUGE,
		"TCP sockets, requests and TIME-WAIT records by state.");
	for (int i = 0; i < TCPS_COUNT; i++)
		if (states[i])
			prom_sample(p, "state", states[i], counts[i]);
	prom_family(p, "burble_stack_udp_sockets", PROM_GAUGE, "UDP sockets.");
	prom_sample(p, NULL, NULL, udp_sockets(s));
}

static void memory(struct prom *p, const struct stack *s)
{
	struct tcp_memory m;

	tcp_memory(s, &m);
	prom_family(p, "burble_stack_tcp_connections", PROM_GAUGE,
		"TCP connections by their record: a large one, or a small one while they are "
		"idle.");
	prom_sample(p, "record", "awake", m.awake);
	prom_sample(p, "record", "idle", m.idle);
	prom_family(p, "burble_stack_tcp_orphans", PROM_GAUGE,
		"TCP connections that the program has closed and the peer has not.");
	prom_sample(p, NULL, NULL, m.orphans);
	prom_family(p, "burble_stack_tcp_queued_bytes", PROM_GAUGE,
		"Memory of TCP's queues, computed as in Linux: tcp_mem limits it.");
	prom_sample(p, NULL, NULL, m.queued);
	prom_family(p, "burble_stack_tcp_memory_bytes", PROM_GAUGE,
		"Memory of TCP's records and tables.");
	prom_sample(p, "of", "awake", m.awake_bytes);
	prom_sample(p, "of", "idle", m.idle_bytes);
	prom_sample(p, "of", "table", m.table_bytes);
	prom_sample(p, "of", "ports", m.port_bytes);
}

/* Each device's value that is `at` bytes into struct netdev. */
static void devices(struct prom *p, struct stack *s, size_t at)
{
	for (uint32_t i = 1; i <= NETDEV_MAX; i++) {
		const struct netdev *dev = stack_netdev(s, i);
		uint64_t n;

		if (!dev)
			continue;
		memcpy(&n, (const char *)dev + at, sizeof(n));
		prom_sample(p, "device", dev->name, n);
	}
}

static void drops(struct prom *p, struct stack *s)
{
	prom_family(p, "burble_stack_dropped_packets_total", PROM_COUNTER,
		"Packets not taken or not sent, by the counter that tells why; a packet may be "
		"counted by two.");
	for (const uint16_t *why = mib_drops; *why != MIB_COUNT; why++)
		prom_sample(p, "reason", mib_name(*why), mib_get(stack_mib(s), *why));
	prom_family(p, "burble_stack_device_receive_missed_total", PROM_COUNTER,
		"Frames that a device lost before the stack took them.");
	devices(p, s, offsetof(struct netdev, rx_missed));
	prom_family(p, "burble_stack_device_transmit_dropped_total", PROM_COUNTER,
		"Frames that a device took and did not send.");
	devices(p, s, offsetof(struct netdev, tx_dropped));
}

void metrics_stack(struct prom *p, struct burble *b)
{
	struct stack *s = burble_stack(b);
	uint32_t at = 0;

	sockets(p, s);
	memory(p, s);
	drops(p, s);
	prom_histogram(p, "burble_stack_tcp_rtt_seconds",
		"Samples of the round-trip time of all TCP connections.", tcp_rtt_histogram(s));
	for (int i = 0; i < MIB_COUNT; i++)
		prom_counter(p, mib_name((enum mib)i), mib_get(stack_mib(s), (enum mib)i), &at);
}
