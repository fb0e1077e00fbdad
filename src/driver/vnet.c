/* vnet.c - struct virtio_net_hdr of a packet, and a packet from it. */
#include "driver/vnet.h"

/* --- out --- */

static bool is_v4(const struct netdev *dev, const struct pkt *p)
{
	return p->data[dev->kind == NETDEV_ETHER ? ETH_HDR_LEN : 0] >> 4 == 4;
}

static struct virtio_net_hdr header_for(const struct netdev *dev, const struct pkt *p)
{
	struct virtio_net_hdr h = {0};

	if (!p->csum_partial)
		return h;
	h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h.csum_start = (uint16_t)pkt_csum_start(p);
	h.csum_offset = p->csum_offset;
	if (p->gso) {
		h.gso_type = is_v4(dev, p) ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
		h.gso_size = p->gso;
		h.hdr_len = (uint16_t)(p->ext_len > 0 ? p->len : 0); /* a hint */
	}
	return h;
}

void vnet_out(struct vnet_out *out, const struct netdev *dev, const struct pkt *p)
{
	out->head = header_for(dev, p);
	out->iov[0] = (struct iovec){&out->head, sizeof(out->head)};
	out->iov[1] = (struct iovec){p->data, p->len};
	out->iov[2] = (struct iovec){(void *)p->ext, p->ext_len};
	out->parts = p->ext_len > 0 ? 3 : 2;
}

/* --- in --- */

bool vnet_in_prepare(struct vnet_in *in, struct netdev *dev)
{
	if (!in->spare)
		in->spare = pkt_new(dev->pkts, PKT_LARGE);
	if (!in->spare)
		return false;
	in->iov[0] = (struct iovec){&in->head, sizeof(in->head)};
	in->iov[1] = (struct iovec){in->spare->data, PKT_LARGE};
	in->iov[2] = (struct iovec){in->rest, sizeof(in->rest)};
	return true;
}

/* Copies the fields of h, which the stack checks. */
static void apply(struct pkt *p, const struct virtio_net_hdr *h)
{
	p->csum_ok = (h->flags & (VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID)) != 0;
	if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		pkt_csum_later(p, h->csum_start, h->csum_offset);
	if (h->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		p->gso = h->gso_size;
}

/* The n bytes that were read as a packet no larger than they need: a short one would keep seven
 * times its size from the pool while it waits in a receive queue. */
static struct pkt *fit(struct vnet_in *in, struct netdev *dev, size_t n)
{
	size_t head = n < PKT_LARGE ? n : PKT_LARGE;
	struct pkt *p = in->spare;

	if (n <= PKT_LARGE && n > PKT_SMALL) {
		in->spare = NULL;
		return p;
	}
	p = pkt_new(dev->pkts, n);
	if (!p)
		return NULL;
	memcpy(p->data, in->spare->data, head);
	memcpy(p->data + head, in->rest, n - head);
	return p;
}

struct pkt *vnet_in_take(struct vnet_in *in, struct netdev *dev, size_t n)
{
	struct pkt *p;

	assert(n <= sizeof(in->head) + VNET_PACKET_MAX);
	if (n <= sizeof(in->head))
		return NULL;
	n -= sizeof(in->head);
	p = fit(in, dev, n);
	if (!p) {
		dev->rx_missed++;
		return NULL;
	}
	p->len = (uint32_t)n;
	apply(p, &in->head);
	return p;
}

void vnet_in_free(struct vnet_in *in)
{
	pkt_free(in->spare);
	in->spare = NULL;
}
