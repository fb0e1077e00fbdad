/* handover_part.c - values that several kinds of state have: handover_part.h. */
#include "chat/handover/handover_part.h"

#include "chat/model/metadata.h"

#include "base/bytes.h"

enum {
	ADDRESS_BYTES = 19,
	PAIR_BYTES = 16,
};

void hand_address(struct tlv_out *o, uint16_t type, const struct net_addr *a)
{
	uint8_t bytes[ADDRESS_BYTES] = {a->family};

	put_be16(bytes + 1, a->port);
	memcpy(bytes + 3, a->ip, sizeof(a->ip));
	tlv_bytes(o, type, bytes, sizeof(bytes));
}

bool hand_as_address(const struct tlv *r, struct net_addr *a)
{
	if (r->len != ADDRESS_BYTES || (r->at[0] != 4 && r->at[0] != 6))
		return false;
	*a = (struct net_addr){.family = r->at[0], .port = get_be16(r->at + 1)};
	memcpy(a->ip, r->at + 3, sizeof(a->ip));
	return true;
}

void hand_pair(struct tlv_out *o, uint16_t type, uint64_t a, uint64_t b)
{
	uint8_t bytes[PAIR_BYTES];

	put_le64(bytes, a);
	put_le64(bytes + 8, b);
	tlv_bytes(o, type, bytes, sizeof(bytes));
}

bool hand_as_pair(const struct tlv *r, uint64_t *a, uint64_t *b)
{
	if (r->len != PAIR_BYTES)
		return false;
	*a = get_le64(r->at);
	*b = get_le64(r->at + 8);
	return true;
}

/* "key", NUL, "value", without the last NUL. */
void hand_metadata(struct tlv_out *o, uint16_t type, const struct metadata *m)
{
	for (uint32_t i = 0; m && i < m->pairs.count; i++) {
		const char *value = metadata_value(m->pairs.at[i]);

		tlv_bytes(
			o, type, m->pairs.at[i], (size_t)(value - m->pairs.at[i]) + strlen(value));
	}
}

bool hand_metadata_read(struct metadata **m, const struct tlv *r)
{
	char text[METADATA_KEY_MAX + METADATA_VALUE_MAX + 2];
	size_t key;

	if (r->len + 1 > sizeof(text))
		return false;
	memcpy(text, r->at, r->len);
	text[r->len] = '\0';
	key = strlen(text);
	if (key == r->len || !metadata_key_valid(text) || !hand_is_text(text + key + 1) ||
		strlen(text + key + 1) != r->len - key - 1)
		return false;
	return metadata_set(m, text, text + key + 1) != METADATA_NO_MEMORY;
}

bool hand_is_text(const char *text)
{
	return !text || !strpbrk(text, "\r\n");
}
