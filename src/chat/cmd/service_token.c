/* service_token.c - proofs of accounts for services: service_token.h. */
#include "chat/cmd/service_token.h"

#include "chat/accounts/app_password.h"

struct auth_token_key service_token_key(const struct server *s)
{
	return auth_token_key(&s->cloak_key, sizeof(s->cloak_key));
}

static struct account *usable(struct account *a)
{
	return a && !(a->flags & (ACCOUNT_UNVERIFIED | ACCOUNT_SUSPENDED | ACCOUNT_DROPPED)) ? a
											     : NULL;
}

struct account *service_token_account(
	const struct server *s, const char *service, const char *token, int64_t when_ms)
{
	struct auth_token_key key = service_token_key(s);
	char name[AUTH_TOKEN_ACCOUNT_MAX];

	if (!auth_token_check(&key, service, token, when_ms, name))
		return NULL;
	return usable(accounts_find(&s->accounts, name));
}

struct account *service_app_account(struct server *s, const char *name, const char *password)
{
	struct account *a = usable(accounts_find(&s->accounts, name));
	struct account_key *k = a ? app_password_find(&s->accounts, a, password) : NULL;

	if (!k)
		return NULL;
	accounts_used_key(&s->accounts, ACCOUNT_APPS, k, s->wall / NSEC_MSEC);
	return a;
}
