// The C interface of scripted nodes: a net of them, by name.
#include <cstdarg>
#include <cstdio>

#include "scripted_node.h"
#include "scripted_server.h"
#include "test_wait.h"

using test_support::ScriptedServer;
using test_support::ScriptError;

struct scripted_net {
  std::vector<std::unique_ptr<ScriptedServer>> nodes;
  std::string error;
  bool finished = false;

  ScriptedServer* find(std::string_view name) const {
    for (const auto& node : nodes) {
      if (node->name() == name) return node.get();
    }
    fprintf(stderr, "test_support: there is no scripted node '%.*s'\n", static_cast<int>(name.size()),
            name.data());
    return nullptr;
  }
};

namespace {

constexpr int kGraceMs = 1000;

bool all_done(const scripted_net& net) {
  bool all = true;
  for (const auto& node : net.nodes) {
    if (!node->error().empty()) return true;
    all = all && node->done();
  }
  return all;
}

void stop_all(scripted_net& net) {
  for (const auto& node : net.nodes) node->stop();
}

std::string first_error(const scripted_net& net) {
  for (const auto& node : net.nodes) {
    const std::string error = node->error();
    if (!error.empty()) return "node " + node->name() + ": " + error;
  }
  for (const auto& node : net.nodes) {
    const std::string step = node->unfinished();
    if (!step.empty()) return "node " + node->name() + ": script not finished: " + step;
  }
  return "";
}

// "b", "b@::1", "b@127.0.0.2=a". Listens.
std::unique_ptr<ScriptedServer> new_node(const scripted_net& net, std::string_view text) {
  const size_t at = text.find('@');
  const size_t equals = text.find('=');
  const bool has_port = equals != std::string_view::npos;
  int port = 0;
  if (has_port) {
    const ScriptedServer* other = net.find(text.substr(equals + 1));
    if (other != nullptr) port = other->port();
    text = text.substr(0, equals);
  }
  const auto host = at == std::string_view::npos ? std::string_view("127.0.0.1") : text.substr(at + 1);
  return std::make_unique<ScriptedServer>(std::string(text.substr(0, at)), std::string(host), port);
}

void start_node(const scripted_net& net, ScriptedServer& node, const char* script) {
  const auto port_of = [&](std::string_view name) {
    if (name.empty()) return node.port();
    const ScriptedServer* other = net.find(name);
    if (other == nullptr) throw ScriptError("there is no node '" + std::string(name) + "'");
    return other->port();
  };
  try {
    node.start(test_support::parse_script(script, port_of));
  } catch (const ScriptError& error) {
    throw ScriptError("script of node " + node.name() + ": " + error.what());
  }
}

}  // namespace

extern "C" scripted_net* scripted_net_start(const char* name, const char* script, ...) {
  auto net = std::make_unique<scripted_net>();
  std::vector<const char*> scripts;
  va_list more;
  va_start(more, script);
  // All ports must be known before the first script is read.
  while (name != nullptr) {
    net->nodes.push_back(new_node(*net, name));
    scripts.push_back(script);
    name = va_arg(more, const char*);
    if (name != nullptr) script = va_arg(more, const char*);
  }
  va_end(more);
  try {
    for (size_t i = 0; i < scripts.size(); ++i) {
      if (net->nodes[i]->port() == 0) throw ScriptError("node " + net->nodes[i]->name() + " cannot listen");
      start_node(*net, *net->nodes[i], scripts[i]);
    }
  } catch (const ScriptError& error) {
    fprintf(stderr, "test_support: %s\n", error.what());
    return nullptr;
  }
  return net.release();
}

extern "C" int scripted_net_port(const scripted_net* net, const char* name) {
  const ScriptedServer* node = net->find(name);
  return node != nullptr ? node->port() : 0;
}

extern "C" const char* scripted_net_address(const scripted_net* net, const char* name) {
  const ScriptedServer* node = net->find(name);
  return node != nullptr ? node->address().c_str() : "";
}

extern "C" int scripted_net_has_ipv6(void) { return ScriptedServer("", "::1", 0).port() != 0; }

extern "C" int scripted_net_count(const scripted_net* net, const char* name, const char* pattern) {
  const ScriptedServer* node = net->find(name);
  if (node == nullptr) return -1;
  try {
    test_support::Pattern wanted = test_support::parse_pattern(pattern);
    wanted.open_ended = true;
    return node->count(wanted);
  } catch (const ScriptError& error) {
    fprintf(stderr, "test_support: '%s': %s\n", pattern, error.what());
    return -1;
  }
}

extern "C" int scripted_net_connections(const scripted_net* net, const char* name) {
  const ScriptedServer* node = net->find(name);
  return node != nullptr ? node->connections() : -1;
}

extern "C" int scripted_net_done(const scripted_net* net, const char* name) {
  const ScriptedServer* node = net->find(name);
  return node != nullptr && node->done();
}

extern "C" const char* scripted_net_finish(scripted_net* net) {
  if (!net->finished) {
    TEST_WAIT(all_done(*net), kGraceMs);
    net->error = first_error(*net);
    net->finished = true;
    stop_all(*net);
  }
  return net->error.empty() ? nullptr : net->error.c_str();
}

extern "C" void scripted_net_free(scripted_net* net) {
  if (net == nullptr) return;
  stop_all(*net);
  delete net;
}

extern "C" int scripted_net_passed(scripted_net* net) {
  const char* error = scripted_net_finish(net);
  if (error != nullptr) fprintf(stderr, "test_support: %s\n", error);
  const int passed = error == nullptr;
  scripted_net_free(net);
  return passed;
}
