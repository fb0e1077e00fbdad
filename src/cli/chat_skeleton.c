/* chat_skeleton.c - ICU's uspoof (UTS 39) and case folding by dlopen(): chat_skeleton.h. */
#include "cli/chat_skeleton.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unicode/uchar.h>
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
	UChar32 (*fold)(UChar32 c, uint32_t options);
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
		find(library, &x->fold, NAME_OF(u_foldCase)) && /* libicuuc, which it needs */
		find(library, &x->close, NAME_OF(uspoof_close)))
		x->checker = open(&status);
	if (!x->checker)
		LOG(x->log, WARN, "names.no-icu", log_str("needs", LIBRARY),
			log_str("lost", "names of other scripts that look alike, or differ in "
					"case, are not found"));
}

/* Loads the library the first time; false: there is none. */
static bool loaded(struct icu *x)
{
	if (!x->tried)
		load(x);
	return x->checker != NULL;
}

static bool of(struct skeletons *base, const char *character, char out[SKELETON_CHAR_MAX])
{
	struct icu *x = container_of(base, struct icu, base);
	UErrorCode status = U_ZERO_ERROR;

	if (!loaded(x))
		return false;
	x->skeleton(x->checker, 0, character, -1, out, SKELETON_CHAR_MAX, &status);
	return status == U_ZERO_ERROR; /* with a NUL behind it */
}

static uint32_t fold(struct skeletons *base, uint32_t c)
{
	struct icu *x = container_of(base, struct icu, base);

	return loaded(x) ? (uint32_t)x->fold((UChar32)c, U_FOLD_CASE_DEFAULT) : c;
}

struct skeletons *chat_skeletons_new(struct log *log)
{
	struct icu *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->base.of = of;
	x->base.fold = fold;
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
