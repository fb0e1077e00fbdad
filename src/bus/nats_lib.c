/* nats_lib.c - libnats by dlopen(): nats_lib.h. */
#include "bus/nats_lib.h"

#include <dlfcn.h>
#include <stdio.h>

/* The name has the version: that of the header it was compiled with. */
#define TEXT_OF(x) #x
#define NAME_OF(x) TEXT_OF(x)
#define LIBRARY    "libnats.so." NAME_OF(NATS_VERSION_MAJOR) "." NAME_OF(NATS_VERSION_MINOR)

struct name {
	void *function; /* the address of the pointer */
	const char *name;
};

/* Function pointers are read as dlsym(3) shows. */
static bool find_all(struct nats_lib *l)
{
	const struct name names[] = {
		{&l->pool_size, "nats_SetMessageDeliveryPoolSize"},
		{&l->last_error, "nats_GetLastError"},
		{&l->status_text, "natsStatus_GetText"},
		{&l->release_thread, "nats_ReleaseThreadMemory"},
		{&l->options_new, "natsOptions_Create"},
		{&l->options_free, "natsOptions_Destroy"},
		{&l->set_url, "natsOptions_SetURL"},
		{&l->set_user, "natsOptions_SetUserInfo"},
		{&l->set_creds, "natsOptions_SetUserCredentialsFromFiles"},
		{&l->set_name, "natsOptions_SetName"},
		{&l->set_secure, "natsOptions_SetSecure"},
		{&l->set_ca, "natsOptions_LoadCATrustedCertificates"},
		{&l->set_timeout, "natsOptions_SetTimeout"},
		{&l->set_ping, "natsOptions_SetPingInterval"},
		{&l->set_pings_out, "natsOptions_SetMaxPingsOut"},
		{&l->set_write_deadline, "natsOptions_SetWriteDeadline"},
		{&l->set_reconnect, "natsOptions_SetAllowReconnect"},
		{&l->set_no_echo, "natsOptions_SetNoEcho"},
		{&l->set_asap, "natsOptions_SetSendAsap"},
		{&l->set_global_delivery, "natsOptions_UseGlobalMessageDelivery"},
		{&l->set_closed, "natsOptions_SetClosedCB"},
		{&l->set_error, "natsOptions_SetErrorHandler"},
		{&l->connect, "natsConnection_Connect"},
		{&l->flush, "natsConnection_FlushTimeout"},
		{&l->connection_error, "natsConnection_GetLastError"},
		{&l->disconnect, "natsConnection_Destroy"},
		{&l->subscribe, "natsConnection_Subscribe"},
		{&l->set_limits, "natsSubscription_SetPendingLimits"},
		{&l->set_complete, "natsSubscription_SetOnCompleteCB"},
		{&l->unsubscribe, "natsSubscription_Destroy"},
		{&l->message_new, "natsMsg_Create"},
		{&l->set_header, "natsMsgHeader_Set"},
		{&l->publish, "natsConnection_PublishMsg"},
		{&l->subject, "natsMsg_GetSubject"},
		{&l->bytes, "natsMsg_GetData"},
		{&l->len, "natsMsg_GetDataLength"},
		{&l->no_responders, "natsMsg_IsNoResponders"},
		{&l->message_free, "natsMsg_Destroy"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		void *at = dlsym(l->library, names[i].name);

		if (!at)
			return false;
		memcpy(names[i].function, &at, sizeof(at));
	}
	return l->pool_size(1) == NATS_OK; /* one thread hands over the messages, in their order */
}

void nats_lib_load(struct nats_lib *l)
{
	const char *error;

	l->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (l->library && find_all(l))
		return;
	error = dlerror();
	snprintf(l->why, sizeof(l->why), "%s is needed (apt-get install libnats%d.%d): %.100s",
		LIBRARY, NATS_VERSION_MAJOR, NATS_VERSION_MINOR,
		error ? error : "it does not start");
	if (l->library)
		dlclose(l->library);
	l->library = NULL;
}
