/* A completion queue in libuv's loop. */
#include <uv.h>

#include "work.h"

static void on_readable(uv_poll_t* handle, int status, int events) {
  (void)status;
  (void)events;
  if (work_go_on(handle->data)) uv_poll_stop(handle);
}

int main(int argc, char** argv) {
  work self;
  work_begin(&self, argc, argv);
  uv_loop_t* loop = uv_default_loop();
  uv_poll_t handle;
  uv_poll_init(loop, &handle, work_descriptor(&self));
  handle.data = &self;
  uv_poll_start(&handle, UV_READABLE, on_readable);
  uv_run(loop, UV_RUN_DEFAULT);
  uv_close((uv_handle_t*)&handle, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  uv_loop_close(loop);
  work_end(&self);
  return 0;
}
