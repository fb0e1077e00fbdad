/*
 * xdp_program.c - five instructions that send each frame to the socket of its receive queue, and to
 * the kernel's stack if the queue has none. Attached by a BPF link, which ends with the process;
 * what libxdp attaches would stay behind after a SIGKILL.
 */
#include "driver/xdp_program.h"
#include "base/base.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

/* return bpf_redirect_map(&map, ctx->rx_queue_index, XDP_PASS); */
static int load(int map)
{
	const struct bpf_insn program[] = {
		{.code = BPF_LDX | BPF_MEM | BPF_W,
			.dst_reg = BPF_REG_2,
			.src_reg = BPF_REG_1,
			.off = offsetof(struct xdp_md, rx_queue_index)},
		{.code = BPF_LD | BPF_IMM | BPF_DW,
			.dst_reg = BPF_REG_1,
			.src_reg = BPF_PSEUDO_MAP_FD,
			.imm = map},
		{0}, /* the upper half of the constant */
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "burble_xsk", "Dual MIT/GPL", program,
		ARRAY_SIZE(program), NULL);
}

int xdp_program_attach(struct xdp_program *x, int ifindex, uint32_t queues)
{
	int program;

	*x = (struct xdp_program){-1, -1};
	x->map = bpf_map_create(
		BPF_MAP_TYPE_XSKMAP, "burble_xsks", sizeof(int), sizeof(int), queues, NULL);
	if (x->map < 0)
		return x->map;
	program = load(x->map);
	if (program < 0)
		return program;
	x->link = bpf_link_create(program, ifindex, BPF_XDP, NULL);
	close(program); /* the link holds it */
	return x->link < 0 ? x->link : 0;
}

void xdp_program_detach(struct xdp_program *x)
{
	if (x->link >= 0)
		close(x->link);
	if (x->map >= 0)
		close(x->map);
	*x = (struct xdp_program){-1, -1};
}
