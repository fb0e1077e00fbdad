/* sock_row.c - names of states and of numbers, and a row as a line of JSON: sock_row.h. */
#include "observe/sock_row.h"

#include "base/decimal.h"
#include "wire/text.h"

static const char *const states[SOCK_STATES] = {NULL, "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1",
	"FIN-WAIT-2", "TIME-WAIT", "UNCONN", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING"};

static const char *const fields[SOCK_FIELDS] = {
	[SOCK_RECV_Q] = "recv_q",
	[SOCK_SEND_Q] = "send_q",
	[SOCK_TIMER] = "timer",
	[SOCK_EXPIRES] = "expires",
	[SOCK_RETRANSMITS] = "retransmits",
	[SOCK_UID] = "uid",
	[SOCK_INO] = "ino",
	[SOCK_V6ONLY] = "v6only",
	[SOCK_SHUT] = "shut",
	[SOCK_MEM] = "mem",
	[SOCK_MEM_R] = "mem_r",
	[SOCK_MEM_RB] = "mem_rb",
	[SOCK_MEM_T] = "mem_t",
	[SOCK_MEM_TB] = "mem_tb",
	[SOCK_MEM_F] = "mem_f",
	[SOCK_MEM_W] = "mem_w",
	[SOCK_MEM_O] = "mem_o",
	[SOCK_MEM_BL] = "mem_bl",
	[SOCK_MEM_D] = "mem_d",
	[SOCK_INFO] = "info",
	[SOCK_TS] = "ts",
	[SOCK_SACK] = "sack",
	[SOCK_ECN] = "ecn",
	[SOCK_ECNSEEN] = "ecnseen",
	[SOCK_FASTOPEN] = "fastopen",
	[SOCK_WSCALE] = "wscale",
	[SOCK_SND_WSCALE] = "snd_wscale",
	[SOCK_RCV_WSCALE] = "rcv_wscale",
	[SOCK_RTO] = "rto",
	[SOCK_BACKOFF] = "backoff",
	[SOCK_RTT] = "rtt",
	[SOCK_RTTVAR] = "rttvar",
	[SOCK_ATO] = "ato",
	[SOCK_MSS] = "mss",
	[SOCK_PMTU] = "pmtu",
	[SOCK_RCV_MSS] = "rcv_mss",
	[SOCK_ADVMSS] = "advmss",
	[SOCK_CWND] = "cwnd",
	[SOCK_SSTHRESH] = "ssthresh",
	[SOCK_BYTES_SENT] = "bytes_sent",
	[SOCK_BYTES_RETRANS] = "bytes_retrans",
	[SOCK_BYTES_ACKED] = "bytes_acked",
	[SOCK_BYTES_RECEIVED] = "bytes_received",
	[SOCK_SEGS_OUT] = "segs_out",
	[SOCK_SEGS_IN] = "segs_in",
	[SOCK_DATA_SEGS_OUT] = "data_segs_out",
	[SOCK_DATA_SEGS_IN] = "data_segs_in",
	[SOCK_LAST_SND] = "lastsnd",
	[SOCK_LAST_RCV] = "lastrcv",
	[SOCK_LAST_ACK] = "lastack",
	[SOCK_PACING_RATE] = "pacing_rate",
	[SOCK_MAX_PACING_RATE] = "max_pacing_rate",
	[SOCK_DELIVERY_RATE] = "delivery_rate",
	[SOCK_DELIVERED] = "delivered",
	[SOCK_DELIVERED_CE] = "delivered_ce",
	[SOCK_APP_LIMITED] = "app_limited",
	[SOCK_BUSY] = "busy",
	[SOCK_RWND_LIMITED] = "rwnd_limited",
	[SOCK_SNDBUF_LIMITED] = "sndbuf_limited",
	[SOCK_UNACKED] = "unacked",
	[SOCK_RETRANS] = "retrans",
	[SOCK_RETRANS_TOTAL] = "retrans_total",
	[SOCK_LOST] = "lost",
	[SOCK_SACKED] = "sacked",
	[SOCK_DSACK_DUPS] = "dsack_dups",
	[SOCK_REORDERING] = "reordering",
	[SOCK_REORD_SEEN] = "reord_seen",
	[SOCK_RCV_RTT] = "rcv_rtt",
	[SOCK_RCV_SPACE] = "rcv_space",
	[SOCK_RCV_SSTHRESH] = "rcv_ssthresh",
	[SOCK_NOTSENT] = "notsent",
	[SOCK_MINRTT] = "minrtt",
	[SOCK_RCV_OOOPACK] = "rcv_ooopack",
	[SOCK_SND_WND] = "snd_wnd",
	[SOCK_RCV_WND] = "rcv_wnd",
	[SOCK_REHASH] = "rehash",
	[SOCK_DCTCP] = "dctcp",
	[SOCK_DCTCP_ENABLED] = "dctcp_enabled",
	[SOCK_DCTCP_CE_STATE] = "dctcp_ce_state",
	[SOCK_DCTCP_ALPHA] = "dctcp_alpha",
	[SOCK_DCTCP_AB_ECN] = "dctcp_ab_ecn",
	[SOCK_DCTCP_AB_TOT] = "dctcp_ab_tot",
	[SOCK_BBR] = "bbr",
	[SOCK_BBR_BW] = "bbr_bw",
	[SOCK_BBR_MIN_RTT] = "bbr_min_rtt",
	[SOCK_BBR_PACING_GAIN] = "bbr_pacing_gain",
	[SOCK_BBR_CWND_GAIN] = "bbr_cwnd_gain",
};

const char *sock_state_name(uint8_t state)
{
	return state > 0 && state < SOCK_STATES ? states[state] : "UNKNOWN";
}

uint8_t sock_state_find(const char *name)
{
	for (uint8_t i = 1; i < SOCK_STATES; i++)
		if (strcmp(name, states[i]) == 0)
			return i;
	return 0;
}

const char *sock_field_name(enum sock_field f)
{
	assert(f < SOCK_FIELDS);
	return fields[f];
}

/* ,"key":value without printf(), which would take most of the time of a listing. */
static char *number(char *out, const char *key, uint64_t value)
{
	size_t len = strlen(key);

	memcpy(out, ",\"", 2);
	memcpy(out + 2, key, len);
	memcpy(out + 2 + len, "\":", 2);
	return out + 4 + len + decimal(out + 4 + len, value);
}

size_t sock_row_json(const struct sock_row *r, char *out)
{
	struct text t = text_in(out, SOCK_JSON_MAX);
	char local[IP_ADDR_TEXT_MAX], peer[IP_ADDR_TEXT_MAX], *end;

	text_add(&t,
		"{\"netid\":\"%s\",\"family\":\"%s\",\"state\":\"%s\",\"local\":\"%s\",\"lport\":%"
		"u,"
		"\"peer\":\"%s\",\"pport\":%u",
		r->udp ? "udp" : "tcp", r->v6 ? "inet6" : "inet", sock_state_name(r->state),
		ip_addr_text(local, &r->local), r->lport, ip_addr_text(peer, &r->peer), r->pport);
	if (r->dev[0])
		text_add(&t, ",\"dev\":\"%s\"", r->dev);
	if (r->cc[0])
		text_add(&t, ",\"cc\":\"%s\"", r->cc);
	end = out + t.len;
	for (int f = 0; f < SOCK_FIELDS; f++)
		if (r->v[f])
			end = number(end, fields[f], r->v[f]);
	memcpy(end, "}\n", 3);
	assert((size_t)(end - out) + 3 <= SOCK_JSON_MAX);
	return (size_t)(end - out) + 2;
}
