// redis-server processes: the program, its arguments, start and failure.
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "cluster_internal.h"
#include "temp_folder.h"
#include "test_certificates.h"
#include "test_process.h"
#include "test_wait.h"

namespace test_support {
namespace {

constexpr int kReadyTimeoutMs = 20000;
constexpr int kStartAttempts = 5;

const std::string& server_program() {
  static const std::string program = [] {
    const char* named = getenv("RC_TEST_REDIS_SERVER");
    return std::string(named != nullptr && *named != '\0' ? named : "redis-server");
  }();
  return program;
}

// "Redis server v=7.0.15 ..." -> 7; 0 when it cannot be told.
int server_major_version() {
  static const int version = [] {
    char line[256] = "";
    FILE* output = popen(("'" + server_program() + "' --version 2>/dev/null").c_str(), "r");
    if (output == nullptr) return 0;
    const bool read = fgets(line, sizeof line, output) != nullptr;
    pclose(output);
    const std::string words(read ? line : "");
    const size_t at = words.find(" v=");
    return at == std::string::npos ? 0 : atoi(words.c_str() + at + 3);
  }();
  return version;
}

std::vector<std::string> port_arguments(const test_cluster& cluster, const Node& node) {
  const std::string port = std::to_string(node.port);
  if (cluster.tls == TEST_NO_TLS) return {"--port", port};
  // The harness comes by a socket in the file system; all else, replicas and cluster bus too, speaks TLS.
  return {"--port",
          "0",
          "--tls-port",
          port,
          "--unixsocket",
          admin_socket(node.folder),
          "--tls-cluster",
          "yes",
          "--tls-replication",
          "yes",
          "--tls-auth-clients",
          cluster.tls == TEST_MTLS ? "yes" : "optional",
          "--tls-ca-cert-file",
          test_tls_file("ca.crt"),
          "--tls-cert-file",
          test_tls_file("server.crt"),
          "--tls-key-file",
          test_tls_file("server.key")};
}

std::vector<std::string> server_command(const test_cluster& cluster, const Node& node) {
  std::vector<std::string> words = {server_program(), "--bind", node.host, "--dir", node.folder, "--save", "",
                                    "--appendonly", "no", "--daemonize", "no", "--repl-diskless-sync", "yes",
                                    // Seconds that only real networks need.
                                    "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"};
  const auto add = [&](std::initializer_list<std::string> more) { words.insert(words.end(), more); };
  for (std::string& word : port_arguments(cluster, node)) words.push_back(std::move(word));
  if (server_major_version() >= 7) add({"--enable-debug-command", "yes"});
  if (cluster.cluster_mode) {
    add({"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"});
    add({"--cluster-node-timeout", std::to_string(cluster.node_timeout_ms)});
    add({"--cluster-require-full-coverage", cluster.partial_coverage ? "no" : "yes"});
    // Replicas stay with their primary, and a primary without slots stays one; any replica may be promoted.
    add({"--cluster-migration-barrier", "100", "--cluster-replica-validity-factor", "0"});
    if (server_major_version() >= 7) add({"--cluster-allow-replica-migration", "no"});
  }
  if (cluster.announce_port != nullptr) {
    const int announced = cluster.announce_port(node.port, cluster.announce_context);
    add({"--cluster-announce-ip", node.host, "--cluster-announce-port", std::to_string(announced)});
    if (cluster.tls != TEST_NO_TLS) add({"--cluster-announce-tls-port", std::to_string(announced)});
    add({"--cluster-announce-bus-port", std::to_string(node.port + kBusOffset)});
  }
  if (!cluster.admin_password.empty()) {
    add({"--requirepass", cluster.admin_password, "--masterauth", cluster.admin_password});
  }
  if (!cluster.username.empty()) {
    add({"--user", cluster.username, "on", ">" + cluster.password});
    words.insert(words.end(), cluster.user_rules.begin(), cluster.user_rules.end());
  }
  words.insert(words.end(), cluster.more_arguments.begin(), cluster.more_arguments.end());
  return words;
}

std::vector<std::string> log_lines(const Node& node) {
  std::ifstream log(node.log);
  std::vector<std::string> lines;
  for (std::string line; std::getline(log, line);) lines.push_back(line);
  return lines;
}

}  // namespace

Node::Node(PortReservation reserved, const test_cluster& cluster)
    : reservation(std::move(reserved)),
      host(cluster.ipv6 ? "::1" : "127.0.0.1"),
      port(reservation.port()),
      address((cluster.ipv6 ? "[::1]:" : "127.0.0.1:") + std::to_string(port)),
      folder(cluster.folder + "/" + std::to_string(port)),
      log(cluster.log_folder.empty() ? folder + "/server.log"
                                     : cluster.log_folder + "/" + std::to_string(port) + ".log"),
      admin(cluster.tls != TEST_NO_TLS ? admin_socket(folder) : host, cluster.tls != TEST_NO_TLS ? 0 : port,
            cluster.admin_password) {}

bool Node::alive() {
  const pid_t process = pid.load();
  if (process == 0) return false;
  if (test_process_running(process)) return true;
  pid = 0;  // it ended by itself: SHUTDOWN, a crash
  stopped = false;
  admin.disconnect();
  return false;
}

bool Node::responds() { return !stopped && alive(); }

std::unique_ptr<Node> new_node(const test_cluster& cluster) {
  return std::make_unique<Node>(PortReservation::take(), cluster);
}

bool launch(const test_cluster& cluster, Node& node) {
  mkdir(node.folder.c_str(), 0700);
  // A replica leaves what it once got from its primary; started with that, a node would claim old keys.
  std::remove((node.folder + "/dump.rdb").c_str());
  const std::vector<std::string> words = server_command(cluster, node);
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  argv.push_back(nullptr);
  const pid_t pid = test_process_spawn(argv.data(), node.log.c_str());
  if (pid < 0) {
    complain("cannot start %s: %s", server_program().c_str(), strerror(errno));
    return false;
  }
  node.stopped = false;
  node.pid = pid;
  return true;
}

bool wait_ready(Node& node) {
  bool answers = false;
  TEST_WAIT(!node.alive() || (answers = ok(node.admin.command("PING"))), kReadyTimeoutMs);
  if (answers) return true;
  const std::vector<std::string> lines = log_lines(node);
  complain("%s did not come up at %s; the end of its output:", server_program().c_str(),
           node.address.c_str());
  for (size_t i = lines.size() > 15 ? lines.size() - 15 : 0; i < lines.size(); ++i) {
    fprintf(stderr, "  | %s\n", lines[i].c_str());
  }
  return false;
}

bool port_was_taken(const Node& node) {
  for (const std::string& line : log_lines(node)) {
    if (line.find("Address already in use") != std::string::npos) return true;
  }
  return false;
}

std::unique_ptr<Node> replacement(const test_cluster& cluster, Node& failed, int attempt) {
  test_process_kill(failed.pid);
  if (attempt == kStartAttempts || !port_was_taken(failed)) return nullptr;
  std::unique_ptr<Node> node = new_node(cluster);
  return launch(cluster, *node) ? std::move(node) : nullptr;
}

}  // namespace test_support
