# A plain loader is enough: Ruby through Fiddle.   ruby hello.rb [host:port]
require "fiddle"

LIBRARY = Fiddle.dlopen("librediscluster.so.1")

def rc(name, *arguments)
  types = arguments.map { |argument| argument.is_a?(Integer) ? Fiddle::TYPE_SIZE_T : Fiddle::TYPE_VOIDP }
  Fiddle::Function.new(LIBRARY["rc_#{name}"], types, Fiddle::TYPE_VOIDP).call(*arguments)
end

def call(name, *arguments)
  error = [0].pack("J") # a NULL, which a failure overwrites
  result = rc(name, *arguments, error)
  error.unpack1("J").zero? ? result : abort(rc("error_message", error.unpack1("J")).to_s)
end

options = call("options_from_url", "redis://#{ARGV[0] || "127.0.0.1:7000"}")
cluster = call("cluster_open", options)
command = ->(*words) { call("command", cluster, words.size, words.pack("p*"), nil) }
rc("reply_free", command["RPUSH", "queue", "hello, cluster"])
popped = command["LPOP", "queue"]
puts rc("reply_string", popped, nil)
rc("reply_free", popped)
rc("cluster_free", cluster)
rc("options_free", options)
