/*
 * pcap.c - replay of a capture file: a device without a descriptor, whose frames are there when the
 * time of the instance has come to theirs. So it also runs in virtual time, and the same file, seed
 * and program give the same frames out.
 *
 *     file     |-- f0 ------ f1 --- f2 ...        times of the first link that can be replayed
 *     instance |-- first batch -- + (f1 - f0) ... netdev.rx_at says when the next one is due
 *
 * Frames that were cut when they were captured, of other links, or longer than any packet are
 * counted as missed. A file that ends amid a packet is replayed up to there. Then the device stays,
 * and is silent.
 */
#include "driver/pcap.h"
#include "observe/pcap.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MTU = 1500,
	FRAME_MAX = 65535,
	LINK_IPV4 = 228, /* LINKTYPE_IPV4, LINKTYPE_IPV6 */
	LINK_IPV6 = 229,
};

struct replay {
	struct netdev dev;
	uint8_t *bytes; /* of the file */
	struct pcap_reader in;
	struct pcapng_packet next; /* due at dev.rx_at */
	bool more, fast, started, unflushed;
	nsec_t first, start; /* the time of the first frame in the file, and in the instance */
	FILE *out;           /* NULL: none */
	struct pcapng_writer writer;
	uint8_t frame[FRAME_MAX + ETH_HDR_LEN];
};

static struct replay *replay_of(struct netdev *dev)
{
	return container_of(dev, struct replay, dev);
}

/* --- in --- */

/* The kind of frames of a link type; NETDEV_KINDS: none that can be replayed. */
static enum netdev_kind kind_of(uint16_t link)
{
	switch (link) {
	case PCAPNG_ETHERNET: return NETDEV_ETHER;
	case PCAPNG_RAW_IP:
	case LINK_IPV4:
	case LINK_IPV6: return NETDEV_RAW;
	default: return NETDEV_KINDS;
	}
}

static bool whole(const struct pcapng_packet *p)
{
	return p->len > 0 && p->len >= p->wire_len && p->len <= FRAME_MAX;
}

/* Moves on to the next frame that can be replayed, and says when it is due. */
static void advance(struct replay *r)
{
	nsec_t after;

	while ((r->more = pcap_next(&r->in, &r->next))) {
		if (whole(&r->next) && kind_of(pcap_link(&r->in, &r->next)) == r->dev.kind)
			break;
		r->dev.rx_missed++;
	}
	if (!r->more) {
		r->dev.rx_at = NSEC_MAX;
		return;
	}
	after = r->fast || r->next.at < r->first ? 0 : r->next.at - r->first;
	r->dev.rx_at = after < NSEC_MAX - r->start ? r->start + after : NSEC_MAX - 1;
}

static struct pkt *replay_receive(struct netdev *dev)
{
	struct replay *r = replay_of(dev);
	struct pkt *p;

	if (!r->started) {
		r->started = true;
		r->start = dev->rx_at = dev->now;
	}
	if (!r->more || dev->rx_at > dev->now)
		return NULL;
	p = pkt_new(dev->pkts, r->next.len);
	if (p) {
		memcpy(p->data, r->next.data, r->next.len);
		p->len = r->next.len;
	} else {
		dev->rx_missed++;
	}
	advance(r);
	return p;
}

/* --- out --- */

static bool sink(void *user, const void *bytes, size_t n)
{
	return fwrite(bytes, 1, n, user) == n;
}

static int replay_send(struct netdev *dev, struct pkt *p)
{
	struct replay *r = replay_of(dev);
	nsec_t after = dev->now - r->start;
	struct pcapng_packet w = {.at = after < NSEC_MAX - r->first ? r->first + after : NSEC_MAX,
		.data = r->frame,
		.len = pkt_total(p)};

	if (r->out && w.len <= sizeof(r->frame)) {
		pkt_bytes(p, r->frame);
		pcapng_write(&r->writer, &w);
		r->unflushed = true;
	}
	pkt_free(p);
	return r->writer.failed ? -ENOBUFS : 0;
}

/* After each batch: a process that is killed leaves a whole file. */
static void replay_flush(struct netdev *dev)
{
	struct replay *r = replay_of(dev);

	if (r->unflushed && fflush(r->out) != 0)
		r->writer.failed = true;
	r->unflushed = false;
	if (r->writer.failed)
		dev->lost = -EIO;
}

static void replay_close(struct netdev *dev)
{
	struct replay *r = replay_of(dev);

	if (r->out)
		fclose(r->out);
	free(r->bytes);
	free(r);
}

static const struct netdev_ops replay_ops = {.send = replay_send,
	.flush = replay_flush,
	.receive = replay_receive,
	.close = replay_close};

/* --- opening --- */

/* The bytes of a file, for free(), or NULL with errno. */
static uint8_t *read_file(FILE *f, size_t *len)
{
	size_t room = 1 << 16;
	uint8_t *bytes = malloc(room), *larger;

	*len = 0;
	while (bytes) {
		*len += fread(bytes + *len, 1, room - *len, f);
		if (*len < room || room == PCAP_FILE_MAX)
			break;
		larger = realloc(bytes, room *= 2);
		if (!larger)
			free(bytes);
		bytes = larger;
	}
	if (!bytes || (!ferror(f) && *len < PCAP_FILE_MAX))
		return bytes;
	free(bytes); /* leaves errno as it is */
	if (!ferror(f))
		errno = EFBIG;
	return NULL;
}

static int read_in(struct replay *r, const char *path)
{
	FILE *f = fopen(path, "re");
	size_t len;

	if (!f)
		return -errno;
	r->bytes = read_file(f, &len);
	fclose(f);
	if (!r->bytes)
		return -errno;
	pcap_read(&r->in, r->bytes, len);
	return 0;
}

static void set_mac(struct replay *r, const struct pcapng_packet *p)
{
	struct eth_addr dst;

	if (p->len < ETH_HDR_LEN)
		return;
	memcpy(dst.b, p->data, sizeof(dst.b));
	if (!eth_addr_is_group(&dst))
		r->dev.mac = dst;
}

/* Learns kind, first time and Ethernet address in a walk of their own. */
static int look_ahead(struct replay *r)
{
	struct pcap_reader scan = r->in;
	const struct eth_addr none = {{0}}, made_up = {{2, 0, 0, 0, 0, 1}};
	struct pcapng_packet p;
	bool found = false;

	while (pcap_next(&scan, &p) && !(found && !eth_addr_eq(&r->dev.mac, &none))) {
		enum netdev_kind kind = kind_of(pcap_link(&scan, &p));

		if (!whole(&p) || kind == NETDEV_KINDS || (found && kind != r->dev.kind))
			continue;
		if (!found)
			r->first = p.at;
		found = true;
		r->dev.kind = (uint8_t)kind;
		if (kind == NETDEV_RAW)
			break;
		set_mac(r, &p);
	}
	if (eth_addr_eq(&r->dev.mac, &none))
		r->dev.mac = made_up;
	return found ? 0 : -EINVAL;
}

static int open_out(struct replay *r, const char *path)
{
	bool ether = r->dev.kind == NETDEV_ETHER;

	r->out = fopen(path, "we");
	if (!r->out)
		return -errno;
	pcapng_begin(&r->writer, sink, r->out);
	pcapng_add_link(&r->writer, ether ? PCAPNG_ETHERNET : PCAPNG_RAW_IP, r->dev.name);
	r->unflushed = true;
	return 0;
}

static int open_files(struct replay *r, const char *files)
{
	const char *comma = strchr(files, ',');
	size_t len = comma ? (size_t)(comma - files) : strlen(files);
	char in[PATH_MAX];
	int err;

	if (len >= sizeof(in))
		return -ENAMETOOLONG;
	memcpy(in, files, len);
	in[len] = '\0';
	err = read_in(r, in);
	if (!err)
		err = look_ahead(r);
	return err || !comma ? err : open_out(r, comma + 1);
}

static int open_replay(const char *files, bool fast, struct netdev **out)
{
	struct replay *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->fast = fast;
	r->dev = (struct netdev){
		.ops = &replay_ops, .name = "pcap", .mtu = MTU, .flags = NETDEV_UP, .fd = -1};
	err = open_files(r, files);
	if (err) {
		replay_close(&r->dev);
		return err;
	}
	advance(r);
	*out = &r->dev;
	return 0;
}

int pcap_open(const char *files, struct netdev **out)
{
	return open_replay(files, false, out);
}

int pcap_open_fast(const char *files, struct netdev **out)
{
	return open_replay(files, true, out);
}
