/*
 * epoll_test.c - epoll(7) and poll(2) over files whose readiness the test sets by hand.
 */
#include "base/prng.h"
#include "base/test/test.h"
#include "socket/bounds.h"
#include "socket/epoll.h"
#include "socket/socket_priv.h"
#include "stack/stack.h"

#include <errno.h>
#include <stdlib.h>

/* A file whose readiness is set by the test. */
struct fake {
	struct file file;
	uint32_t ready;
};

static unsigned released;
static nsec_t fake_time;

nsec_t stack_now(const struct stack *s)
{
	return fake_time;
}

static uint32_t fake_ready(struct burble *bs, struct file *f)
{
	return container_of(f, struct fake, file)->ready;
}

static void fake_release(struct burble *bs, struct file *f)
{
	released++;
}

static const struct file_ops fake_ops = {fake_ready, fake_release};

enum {
	FAKES = 200
};

struct world {
	struct burble bs;
	struct fake fake[FAKES];
	int fd[FAKES];
	int ep;
};

static int open_fake(struct world *w, int i)
{
	w->fake[i].file.refs = 1;
	return w->fd[i] = fds_open(&w->bs.fds, &w->fake[i].file, 0, false);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	fake_time = 0;
	fds_init(&w->bs.fds, 4096);
	w->bs.kind[FILE_STREAM] = w->bs.kind[FILE_DGRAM] = &fake_ops;
	w->bs.kind[FILE_EPOLL] = &epoll_ops;
	for (int i = 0; i < FAKES; i++)
		open_fake(w, i);
	w->ep = burble_epoll_create1(&w->bs, 0);
	*state = w;
	return 0;
}

static void close_fd(struct world *w, int fd)
{
	file_put(&w->bs, fds_close(&w->bs.fds, fd));
}

static int tear_down(void **state)
{
	struct world *w = *state;
	for (int fd = 0; (fd = fds_next(&w->bs.fds, fd)) >= 0;)
		close_fd(w, fd);
	fds_free(&w->bs.fds);
	free(w);
	return 0;
}

static int ctl(struct world *w, int op, int i, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.u64 = (uint64_t)i};
	return burble_epoll_ctl(&w->bs, w->ep, op, w->fd[i], &e);
}

static void become(struct world *w, int i, uint32_t ready)
{
	uint32_t news = ready & ~w->fake[i].ready;
	w->fake[i].ready = ready;
	if (news)
		file_notify(&w->bs, &w->fake[i].file, news, false);
}

/* The number of events now; the first is left in *e. */
static int look(struct world *w, struct epoll_event *e)
{
	struct epoll_event all[8];
	int n = burble_epoll_wait_call(&w->bs, w->ep, all, 8, NULL);
	*e = all[0];
	return n;
}

static void assert_event(struct world *w, int i, uint32_t events)
{
	struct epoll_event e;
	assert_int_equal(look(w, &e), 1);
	assert_int_equal(e.data.u64, i);
	assert_int_equal(e.events, events);
}

static void assert_nothing(struct world *w)
{
	struct epoll_event e;
	assert_int_equal(look(w, &e), 0);
}

TEST_IN(level_triggered_reports_again_until_it_is_no_longer_true, set_up, tear_down)
{
	struct world *w = *state;
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 5, EPOLLIN), 0);
	assert_nothing(w);
	become(w, 5, EPOLLIN);
	assert_event(w, 5, EPOLLIN);
	assert_event(w, 5, EPOLLIN);
	become(w, 5, 0);
	assert_nothing(w);
}

TEST_IN(edge_triggered_reports_once_for_each_piece_of_news, set_up, tear_down)
{
	struct world *w = *state;
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 5, EPOLLIN | EPOLLOUT | EPOLLET), 0);
	become(w, 5, EPOLLIN | EPOLLOUT);
	assert_event(w, 5, EPOLLIN | EPOLLOUT);
	assert_nothing(w);
	file_notify(&w->bs, &w->fake[5].file, EPOLLIN, false);
	assert_event(w, 5, EPOLLIN | EPOLLOUT);
	file_notify(&w->bs, &w->fake[5].file, EPOLLPRI, false);
	assert_nothing(w);
}

TEST_IN(one_shot_reports_once_until_it_is_armed_again, set_up, tear_down)
{
	struct world *w = *state;
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 5, EPOLLIN | EPOLLONESHOT), 0);
	become(w, 5, EPOLLIN);
	assert_event(w, 5, EPOLLIN);
	become(w, 5, EPOLLIN | EPOLLERR | EPOLLHUP);
	assert_nothing(w);
	assert_int_equal(ctl(w, EPOLL_CTL_MOD, 5, EPOLLIN | EPOLLONESHOT), 0);
	assert_event(w, 5, EPOLLIN | EPOLLERR | EPOLLHUP);
	assert_nothing(w);
}

TEST_IN(what_is_already_true_is_reported_after_add_and_after_mod, set_up, tear_down)
{
	struct world *w = *state;
	become(w, 5, EPOLLOUT);
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 5, EPOLLOUT | EPOLLET), 0);
	assert_event(w, 5, EPOLLOUT);
	assert_nothing(w);
	assert_int_equal(ctl(w, EPOLL_CTL_MOD, 5, EPOLLOUT | EPOLLET), 0);
	assert_event(w, 5, EPOLLOUT);
}

TEST_IN(errors_and_hang_ups_need_not_be_asked_for, set_up, tear_down)
{
	struct world *w = *state;
	uint32_t dead = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP;
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 5, 0), 0);
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 6, EPOLLIN | EPOLLOUT | EPOLLRDHUP), 0);
	become(w, 5, dead);
	assert_event(w, 5, EPOLLERR | EPOLLHUP);
	become(w, 5, 0);
	become(w, 6, dead);
	assert_event(w, 6, dead);
}

TEST_IN(ready_items_take_turns_when_the_callers_room_is_small, set_up, tear_down)
{
	struct world *w = *state;
	struct epoll_event e;
	int seen[6] = {0};
	for (int i = 0; i < 6; i++) {
		ctl(w, EPOLL_CTL_ADD, i, EPOLLIN);
		become(w, i, EPOLLIN);
	}
	for (int i = 0; i < 12; i++) {
		assert_int_equal(burble_epoll_wait_call(&w->bs, w->ep, &e, 1, NULL), 1);
		seen[e.data.u64]++;
	}
	for (int i = 0; i < 6; i++)
		assert_int_equal(seen[i], 2);
}

TEST_IN(exclusive_news_goes_to_one_set_that_waits, set_up, tear_down)
{
	struct world *w = *state;
	struct epoll_event e = {.events = EPOLLIN | EPOLLEXCLUSIVE}, got;
	int ep[3];
	struct burble_call call[3];
	for (int i = 0; i < 3; i++) {
		ep[i] = burble_epoll_create1(&w->bs, 0);
		call[i] = burble_call_start();
		assert_int_equal(burble_epoll_ctl(&w->bs, ep[i], EPOLL_CTL_ADD, w->fd[0], &e), 0);
	}
	for (int i = 1; i < 3; i++)
		assert_int_equal(
			burble_epoll_wait_call(&w->bs, ep[i], &got, 1, &call[i]), -BURBLE_BLOCKED);
	become(w, 0, EPOLLIN);
	/* no call waits for set 0, so the event is not consumed */
	assert_int_not_equal(call[1].ready, 0);
	assert_int_equal(call[2].ready, 0);
	assert_int_equal(burble_epoll_wait_call(&w->bs, ep[1], &got, 1, &call[1]), 1);
	assert_int_equal(burble_interrupt(&call[2]), -EINTR);
}

TEST_IN(exclusive_is_refused_where_linux_refuses_it, set_up, tear_down)
{
	struct world *w = *state;
	struct epoll_event e = {.events = EPOLLIN | EPOLLEXCLUSIVE};
	int inner = burble_epoll_create1(&w->bs, 0);
	assert_int_equal(
		ctl(w, EPOLL_CTL_ADD, 1, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT), -EINVAL);
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 1, EPOLLRDHUP | EPOLLEXCLUSIVE), -EINVAL);
	assert_int_equal(burble_epoll_ctl(&w->bs, w->ep, EPOLL_CTL_ADD, inner, &e), -EINVAL);
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 1, EPOLLIN | EPOLLEXCLUSIVE), 0);
	assert_int_equal(ctl(w, EPOLL_CTL_MOD, 1, EPOLLIN), -EINVAL);
	assert_int_equal(ctl(w, EPOLL_CTL_DEL, 1, EPOLLIN), 0);
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 1, EPOLLIN), 0);
	assert_int_equal(ctl(w, EPOLL_CTL_MOD, 1, EPOLLIN | EPOLLEXCLUSIVE), -EINVAL);
}

TEST_IN(control_errors_are_linuxs, set_up, tear_down)
{
	struct world *w = *state;
	struct epoll_event e = {.events = EPOLLIN};
	assert_int_equal(ctl(w, EPOLL_CTL_MOD, 1, EPOLLIN), -ENOENT);
	assert_int_equal(ctl(w, EPOLL_CTL_DEL, 1, 0), -ENOENT);
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 1, EPOLLIN), 0);
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 1, EPOLLIN), -EEXIST);
	assert_int_equal(ctl(w, 77, 1, EPOLLIN), -EINVAL);
	assert_int_equal(burble_epoll_ctl(&w->bs, w->ep, EPOLL_CTL_ADD, 4000, &e), -EBADF);
	assert_int_equal(burble_epoll_ctl(&w->bs, 4000, EPOLL_CTL_ADD, w->fd[0], &e), -EBADF);
	assert_int_equal(burble_epoll_ctl(&w->bs, w->ep, EPOLL_CTL_ADD, w->ep, &e), -EINVAL);
	assert_int_equal(burble_epoll_ctl(&w->bs, w->fd[0], EPOLL_CTL_ADD, w->fd[1], &e), -EINVAL);
	assert_int_equal(burble_epoll_ctl(&w->bs, w->ep, EPOLL_CTL_ADD, w->fd[2], NULL), -EFAULT);
	assert_int_equal(burble_epoll_wait_call(&w->bs, w->ep, &e, 0, NULL), -EINVAL);
	assert_int_equal(burble_epoll_wait_call(&w->bs, w->ep, NULL, 1, NULL), -EFAULT);
	assert_int_equal(burble_epoll_wait_call(&w->bs, w->fd[0], &e, 1, NULL), -EINVAL);
	assert_int_equal(burble_epoll_wait_call(&w->bs, -1, &e, 1, NULL), -EBADF);
	assert_int_equal(burble_epoll_create1(&w->bs, 1), -EINVAL);
}

TEST_IN(closing_a_file_takes_it_out_of_its_sets, set_up, tear_down)
{
	struct world *w = *state;
	ctl(w, EPOLL_CTL_ADD, 1, EPOLLIN);
	become(w, 1, EPOLLIN);
	close_fd(w, w->fd[1]);
	assert_nothing(w);
	open_fake(w, 1);
	assert_nothing(w);
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 1, EPOLLIN), 0);
	assert_event(w, 1, EPOLLIN);
}

TEST_IN(a_file_stays_in_its_sets_while_another_descriptor_names_it, set_up, tear_down)
{
	struct world *w = *state;
	ctl(w, EPOLL_CTL_ADD, 1, EPOLLIN);
	file_get(&w->fake[1].file);
	int other = fds_open(&w->bs.fds, &w->fake[1].file, 0, false);
	close_fd(w, w->fd[1]);
	become(w, 1, EPOLLIN);
	assert_event(w, 1, EPOLLIN);
	close_fd(w, other);
	assert_nothing(w);
}

TEST_IN(closing_a_set_leaves_its_files_alone, set_up, tear_down)
{
	struct world *w = *state;
	for (int i = 0; i < FAKES; i++)
		ctl(w, EPOLL_CTL_ADD, i, EPOLLIN);
	close_fd(w, w->ep);
	become(w, 7, EPOLLIN);
	assert_null(w->fake[7].file.watchers);
}

TEST_IN(deleting_ready_items_again_and_again_does_not_grow_the_list, set_up, tear_down)
{
	struct world *w = *state;
	become(w, 1, EPOLLIN);
	for (int i = 0; i < 100000; i++) {
		assert_int_equal(ctl(w, EPOLL_CTL_ADD, 1, EPOLLIN), 0);
		assert_int_equal(ctl(w, EPOLL_CTL_DEL, 1, 0), 0);
	}
	assert_nothing(w);
	assert_int_equal(ctl(w, EPOLL_CTL_ADD, 1, EPOLLIN), 0);
	assert_event(w, 1, EPOLLIN);
}

TEST_IN(a_set_in_a_set_is_readable_while_it_has_events, set_up, tear_down)
{
	struct world *w = *state;
	struct epoll_event e = {.events = EPOLLIN, .data.u64 = 1000}, got;
	int outer = burble_epoll_create1(&w->bs, 0);
	assert_int_equal(burble_epoll_ctl(&w->bs, outer, EPOLL_CTL_ADD, w->ep, &e), 0);
	ctl(w, EPOLL_CTL_ADD, 1, EPOLLIN);
	assert_int_equal(burble_epoll_wait_call(&w->bs, outer, &got, 1, NULL), 0);
	become(w, 1, EPOLLIN);
	assert_int_equal(burble_epoll_wait_call(&w->bs, outer, &got, 1, NULL), 1);
	assert_int_equal(got.data.u64, 1000);
	become(w, 1, 0);
	assert_int_equal(burble_epoll_wait_call(&w->bs, outer, &got, 1, NULL), 0);
}

TEST_IN(loops_and_long_chains_of_sets_are_refused, set_up, tear_down)
{
	struct world *w = *state;
	struct epoll_event e = {.events = EPOLLIN};
	int ep[7];
	for (int i = 0; i < 7; i++)
		ep[i] = burble_epoll_create1(&w->bs, 0);
	for (int i = 0; i < LIMIT_EPOLL_NESTS; i++)
		assert_int_equal(burble_epoll_ctl(&w->bs, ep[i], EPOLL_CTL_ADD, ep[i + 1], &e), 0);
	assert_int_equal(burble_epoll_ctl(&w->bs, ep[4], EPOLL_CTL_ADD, ep[0], &e), -ELOOP);
	assert_int_equal(burble_epoll_ctl(&w->bs, ep[4], EPOLL_CTL_ADD, ep[5], &e), -ELOOP);
	assert_int_equal(burble_epoll_ctl(&w->bs, ep[5], EPOLL_CTL_ADD, ep[0], &e), -ELOOP);
	assert_int_equal(burble_epoll_ctl(&w->bs, ep[5], EPOLL_CTL_ADD, ep[6], &e), 0);
}

TEST_IN(epoll_wait_blocks_until_news_or_its_deadline, set_up, tear_down)
{
	struct world *w = *state;
	struct epoll_event e;
	struct burble_call call = burble_call_start();
	call.timeout = 5 * NSEC_MSEC;
	ctl(w, EPOLL_CTL_ADD, 1, EPOLLIN);
	assert_int_equal(burble_epoll_wait_call(&w->bs, w->ep, &e, 1, &call), -BURBLE_BLOCKED);
	assert_int_equal(call.deadline, 5 * NSEC_MSEC);
	become(w, 1, EPOLLIN);
	assert_int_not_equal(call.ready, 0);
	w->fake[1].ready = 0; /* another thread took it: keep waiting */
	assert_int_equal(burble_epoll_wait_call(&w->bs, w->ep, &e, 1, &call), -BURBLE_BLOCKED);
	fake_time = call.deadline;
	assert_int_equal(burble_epoll_wait_call(&w->bs, w->ep, &e, 1, &call), 0);
}

TEST_IN(closing_a_set_ends_the_call_that_waits_on_it, set_up, tear_down)
{
	struct world *w = *state;
	struct epoll_event e;
	struct burble_call call = burble_call_start();
	assert_int_equal(burble_epoll_wait_call(&w->bs, w->ep, &e, 1, &call), -BURBLE_BLOCKED);
	close_fd(w, w->ep);
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(burble_epoll_wait_call(&w->bs, w->ep, &e, 1, &call), -EBADF);
}

TEST_IN(poll_reports_every_file_and_marks_what_is_not_open, set_up, tear_down)
{
	struct world *w = *state;
	struct pollfd p[4] = {{.fd = w->fd[0], .events = POLLIN},
		{.fd = w->fd[1], .events = POLLIN | POLLOUT}, {.fd = -1, .events = POLLIN},
		{.fd = 4000, .events = POLLIN}};
	become(w, 1, EPOLLOUT | EPOLLHUP);
	assert_int_equal(burble_poll_call(&w->bs, p, 4, NULL), 2);
	assert_int_equal(p[0].revents, 0);
	assert_int_equal(p[1].revents, POLLOUT | POLLHUP);
	assert_int_equal(p[2].revents, 0);
	assert_int_equal(p[3].revents, POLLNVAL);
}

TEST_IN(poll_blocks_until_any_of_its_files_has_news, set_up, tear_down)
{
	struct world *w = *state;
	struct burble_call call = burble_call_start();
	struct pollfd p[2] = {
		{.fd = w->fd[0], .events = POLLIN}, {.fd = w->fd[1], .events = POLLIN}};
	assert_int_equal(burble_poll_call(&w->bs, p, 2, &call), -BURBLE_BLOCKED);
	become(w, 1, EPOLLIN);
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(burble_poll_call(&w->bs, p, 2, &call), 1);
	assert_null(w->bs.pollers);
}

TEST_IN(descriptors_are_the_lowest_free_numbers, set_up, tear_down)
{
	struct world *w = *state;
	close_fd(w, w->fd[150]);
	close_fd(w, w->fd[3]);
	assert_int_equal(open_fake(w, 3), 3);
	assert_int_equal(open_fake(w, 150), 150);
	close_fd(w, w->fd[3]);
	close_fd(w, w->fd[150]);
	assert_int_equal(fds_open(&w->bs.fds, &w->fake[3].file, 100, true), 150);
	w->fake[3].file.refs = 1;
	assert_true(fds_cloexec(&w->bs.fds, 150));
	assert_int_equal(fds_open(&w->bs.fds, &w->fake[3].file, 4096, false), -EMFILE);
}

TEST_IN(the_table_is_full_at_its_bound_and_not_before, set_up, tear_down)
{
	struct fd_table *t = malloc(sizeof(*t));
	struct file f = {0};
	fds_init(t, 3000);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(fds_open(t, &f, 0, false), i);
	assert_int_equal(fds_open(t, &f, 0, false), -EMFILE);
	assert_ptr_equal(fds_close(t, 2049), &f);
	assert_int_equal(fds_open(t, &f, 0, false), 2049);
	fds_free(t);
	free(t);
}

/* The events that a level-triggered set must report for item i: computed anew each time, whatever
 * happened before. */
static uint32_t oracle(const struct world *w, const uint32_t *interest, int i)
{
	return interest[i] ? w->fake[i].ready & (interest[i] | EPOLLERR | EPOLLHUP) : 0;
}

static void assert_as_oracle(struct world *w, const uint32_t *interest)
{
	struct epoll_event e[FAKES];
	uint32_t told[FAKES] = {0};
	int n = burble_epoll_wait_call(&w->bs, w->ep, e, FAKES, NULL);
	for (int i = 0; i < n; i++) {
		assert_int_equal(told[e[i].data.u64], 0);
		told[e[i].data.u64] = e[i].events;
	}
	for (int i = 0; i < FAKES; i++)
		assert_int_equal(told[i], oracle(w, interest, i));
}

TEST_IN(random_operations_agree_with_asking_every_file, set_up, tear_down)
{
	struct world *w = *state;
	static const uint32_t some[] = {0, EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLHUP, EPOLLERR};
	uint32_t interest[FAKES] = {0};
	struct prng r;
	prng_seed(&r, 3);
	for (int step = 0; step < 200000; step++) {
		int i = (int)prng_below(&r, FAKES);
		uint32_t bits = some[1 + prng_below(&r, 3)] & (EPOLLIN | EPOLLOUT);
		switch (prng_below(&r, 8)) {
		case 0:
			ctl(w, interest[i] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, i, bits);
			interest[i] = bits;
			break;
		case 1:
			ctl(w, EPOLL_CTL_DEL, i, 0);
			interest[i] = 0;
			break;
		case 2:
			close_fd(w, w->fd[i]);
			open_fake(w, i);
			interest[i] = 0;
			break;
		default: become(w, i, some[prng_below(&r, ARRAY_SIZE(some))]); break;
		}
		if (step % 50 == 0)
			assert_as_oracle(w, interest);
	}
}

/* Calls waiting for one file are on one chain: the last may leave it first. */
TEST_IN(a_call_leaves_the_chain_from_behind_another, set_up, tear_down)
{
	struct world *w = *state;
	struct file *f = &w->fake[0].file;
	struct burble_call a = burble_call_start(), b = burble_call_start();

	assert_int_equal(file_wait(&w->bs, f, &a, EPOLLIN), -BURBLE_BLOCKED);
	assert_int_equal(file_wait(&w->bs, f, &b, EPOLLIN), -BURBLE_BLOCKED);
	assert_true(file_resume(&b));
	assert_ptr_equal(f->watchers, &a.watch);
	assert_null(a.watch.next);
	assert_true(file_resume(&a));
	assert_null(f->watchers);
}

/* The last free descriptor of a page is followed by the first of the next. */
TEST_IN(a_full_page_is_followed_by_the_next, set_up, tear_down)
{
	static struct fd_table t;
	struct world *w = *state;

	fds_init(&t, 3 * FD_PAGE);
	for (int i = 0; i < 2 * FD_PAGE; i++)
		assert_int_equal(fds_open(&t, &w->fake[0].file, 0, true), i);
	assert_ptr_equal(fds_close(&t, FD_PAGE - 1), &w->fake[0].file);
	assert_int_equal(fds_open(&t, &w->fake[0].file, 0, true), FD_PAGE - 1);
	fds_free(&t);
}

/* Only the last descriptor that the table allows, without those below. */
TEST_IN(a_table_grows_to_its_bound, set_up, tear_down)
{
	static struct fd_table t;
	struct world *w = *state;

	fds_init(&t, BURBLE_FDS_MAX);
	assert_int_equal(fds_open(&t, &w->fake[0].file, 0, true), 0);
	assert_int_equal(t.page.count, 1);
	assert_int_equal(
		fds_open(&t, &w->fake[1].file, BURBLE_FDS_MAX - 1, true), BURBLE_FDS_MAX - 1);
	assert_int_equal(t.page.count, FD_PAGES);
	assert_ptr_equal(fds_file(&t, 0), &w->fake[0].file);
	assert_ptr_equal(fds_file(&t, BURBLE_FDS_MAX - 1), &w->fake[1].file);
	assert_null(fds_file(&t, BURBLE_FDS_MAX - 2));
	assert_int_equal(fds_next(&t, 1), BURBLE_FDS_MAX - 1);
	assert_int_equal(fds_open(&t, &w->fake[0].file, BURBLE_FDS_MAX - 1, true), -EMFILE);
	fds_free(&t);
}
