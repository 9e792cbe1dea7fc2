# A plain loader is enough: Ruby through Fiddle.   ruby hello.rb [host:port]
require "fiddle/import"

module RC
  extend Fiddle::Importer
  dlload "librediscluster.so.1"
  extern "void* rc_options_new(void)"
  extern "int rc_options_add_address(void*, char*, void*)"
  extern "void* rc_cluster_open(void*, void*)"
  extern "void* rc_command(void*, size_t, void*, void*, void*)"
  extern "char* rc_reply_string(void*, void*)"
  extern "char* rc_error_message(void*)"
  %w[reply cluster options].each { |handle| extern "void rc_#{handle}_free(void*)" }

  def self.call(function, *arguments)
    error = Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE)
    error[0, Fiddle::SIZEOF_VOIDP] = "\0" * Fiddle::SIZEOF_VOIDP
    result = send(function, *arguments, error)
    error.ptr.null? ? result : raise(rc_error_message(error.ptr).to_s)
  end

  def self.command(cluster, *words)
    call(:rc_command, cluster, words.size, words.map { |word| Fiddle::Pointer[word] }.pack("J*"), nil)
  end
end

options = RC.rc_options_new
RC.call(:rc_options_add_address, options, ARGV[0] || "127.0.0.1:7000")
cluster = RC.call(:rc_cluster_open, options)
RC.rc_reply_free(RC.command(cluster, "RPUSH", "queue", "hello, cluster"))
popped = RC.command(cluster, "LPOP", "queue")
puts RC.rc_reply_string(popped, nil)
RC.rc_reply_free(popped)
RC.rc_cluster_free(cluster)
RC.rc_options_free(options)
