/* chat_skeleton.c - ICU's uspoof (UTS 39) by dlopen(): chat_skeleton.h. */
#include "cli/chat_skeleton.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unicode/uspoof.h>

/* ICU's version is in the names of its library and functions: those it was compiled with. */
#define TEXT_OF(x) #x
#define NAME_OF(x) TEXT_OF(x)
#define LIBRARY    "libicui18n.so." NAME_OF(U_ICU_VERSION_MAJOR_NUM)

struct icu {
	struct skeletons base;
	struct log *log;
	bool tried; /* to load it */
	USpoofChecker *checker;
	int32_t (*skeleton)(const USpoofChecker *c, uint32_t type, const char *id, int32_t length,
		char *to, int32_t size, UErrorCode *status);
	void (*close)(USpoofChecker *c);
};

/* Function pointers are read as dlsym(3) shows. */
static bool find(void *library, void *function, const char *name)
{
	void *at = library ? dlsym(library, name) : NULL;

	memcpy(function, &at, sizeof(at));
	return at != NULL;
}

static void load(struct icu *x)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	USpoofChecker *(*open)(UErrorCode * status);
	UErrorCode status = U_ZERO_ERROR;

	x->tried = true;
	if (find(library, &open, NAME_OF(uspoof_open)) &&
		find(library, &x->skeleton, NAME_OF(uspoof_getSkeletonUTF8)) &&
		find(library, &x->close, NAME_OF(uspoof_close)))
		x->checker = open(&status);
	if (!x->checker)
		LOG(x->log, WARN, "names.no-icu", log_str("needs", LIBRARY),
			log_str("lost", "letters of other scripts that look alike are not found"));
}

static bool of(struct skeletons *base, const char *character, char out[SKELETON_CHAR_MAX])
{
	struct icu *x = container_of(base, struct icu, base);
	UErrorCode status = U_ZERO_ERROR;

	if (!x->tried)
		load(x);
	if (!x->checker)
		return false;
	x->skeleton(x->checker, 0, character, -1, out, SKELETON_CHAR_MAX, &status);
	return status == U_ZERO_ERROR; /* with a NUL behind it */
}

struct skeletons *chat_skeletons_new(struct log *log)
{
	struct icu *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->base.of = of;
	x->log = log;
	return &x->base;
}

void chat_skeletons_free(struct skeletons *base)
{
	struct icu *x = base ? container_of(base, struct icu, base) : NULL;

	if (x && x->checker)
		x->close(x->checker);
	free(x);
}
