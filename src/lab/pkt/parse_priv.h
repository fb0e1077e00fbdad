/*
 * parse_priv.h - between the files of the parser.
 */
#ifndef LAB_PKT_PARSE_PRIV_H
#define LAB_PKT_PARSE_PRIV_H

#include "lab/pkt/lex.h"

/* A packet, from "<" or ">" on. */
void parse_packet(struct pkt_lex *l, struct pkt_packet *p);

/* <mss 1460, ...>, from "<" on. */
void parse_tcp_options(struct pkt_lex *l, struct pkt_packet *p);

/* icmp TYPE ..., behind the word "icmp". */
void parse_icmp(struct pkt_lex *l, struct pkt_packet *p);

/* name(args) = result, from the name on. */
void parse_call(struct pkt_lex *l, struct pkt_call *c);

/* 1:1001(1000) */
void parse_range(struct pkt_lex *l, struct pkt_packet *p);

/* Bytes in hexadecimal, at most max, into out; returns how many. */
uint8_t parse_hex(struct pkt_lex *l, uint8_t *out, size_t max);

#endif
