/* A completion queue in GLib's main loop. */
#include <glib-unix.h>

#include "work.h"

typedef struct watched {
  work work;
  GMainLoop* loop;
} watched;

static gboolean on_readable(gint fd, GIOCondition condition, gpointer context) {
  (void)fd;
  (void)condition;
  watched* self = context;
  if (!work_go_on(&self->work)) return G_SOURCE_CONTINUE;
  g_main_loop_quit(self->loop);
  return G_SOURCE_REMOVE;
}

int main(int argc, char** argv) {
  watched self;
  work_begin(&self.work, argc, argv);
  self.loop = g_main_loop_new(NULL, FALSE);
  g_unix_fd_add(work_descriptor(&self.work), G_IO_IN, on_readable, &self);
  g_main_loop_run(self.loop);
  g_main_loop_unref(self.loop);
  work_end(&self.work);
  return 0;
}
