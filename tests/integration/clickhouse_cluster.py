"""A ClickHouse cluster on loopback for tests: Debian's clickhouse-server and zookeeper, all in one
temporary folder, on free ports. `python3 clickhouse_cluster.py` starts one and prints its URL."""
import contextlib
import ctypes
import glob
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

NAME = "costs"  # The cluster's name in its servers' configuration.


def free_ports(count):
    """Below those that the system gives to connections, which could take one before its server."""
    ports = set()
    while len(ports) < count:
        with socket.socket() as each, contextlib.suppress(OSError):
            each.bind(("127.0.0.1", random.SystemRandom().randrange(12_000, 32_000)))
            ports.add(each.getsockname()[1])
    return list(ports)


def missing():
    """What is not installed here, or ""."""
    if not server_program():
        return "clickhouse-server is not installed"
    if not shutil.which("java") or not glob.glob("/usr/share/java/zookeeper.jar"):
        return "zookeeper is not installed"
    return ""


def server_program():
    return shutil.which("clickhouse-server", path=os.environ.get("PATH", "") + ":/usr/sbin")


def die_with_parent():
    ctypes.CDLL("libc.so.6").prctl(1, signal.SIGKILL)


def wait_for(what, happened, seconds=180):
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} did not happen within {seconds} s")
        time.sleep(0.1)


class Node:
    """One server: replica `replica` of shard `shard`, both from 1."""

    def __init__(self, folder, shard, replica):
        self.shard, self.replica = shard, replica
        self.folder = folder / f"{shard}-{replica}"
        self.folder.mkdir()
        self.http, self.tcp, self.between = free_ports(3)
        self.process = None

    def start(self):
        with open(self.folder / "output", "ab") as output:
            self.process = subprocess.Popen(
                [server_program(), f"--config-file={self.folder}/config.xml"], stdout=output,
                stderr=output, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)

    def wait(self):
        wait_for(f"start of {self.folder.name}", self.answers)

    def wait_for_zookeeper(self):
        """A killed server's session must end before its next one writes."""
        wait_for(f"session of {self.folder.name}", lambda: self.ask(
            "SELECT sum(is_readonly + is_session_expired) FROM system.replicas") == "0\n")

    def answers(self):
        with contextlib.suppress(OSError):
            return self.ask("SELECT 1") == "1\n"
        return False

    def ask(self, statement):
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}/", statement.encode())
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                request, timeout=60) as answer:
            return answer.read().decode()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def configure(self, nodes, zookeeper, settings="", user=""):
        """`settings`: of every question, `user`: one more, both in the servers' words."""
        shards = {}
        for node in nodes:
            shards.setdefault(node.shard, []).append(
                f"<replica><host>127.0.0.1</host><port>{node.tcp}</port></replica>")
        remote = "".join(f"<shard><internal_replication>true</internal_replication>{''.join(each)}"
                         "</shard>" for each in shards.values())
        coordination = (f"<zookeeper><node><host>127.0.0.1</host><port>{zookeeper}</port></node>"
                        "<session_timeout_ms>4000</session_timeout_ms></zookeeper>"
                        if zookeeper else "")
        (self.folder / "config.xml").write_text(f"""<yandex>
<logger><level>warning</level><log>{self.folder}/log</log>
<errorlog>{self.folder}/errors</errorlog></logger>
<http_port>{self.http}</http_port><tcp_port>{self.tcp}</tcp_port>
<interserver_http_port>{self.between}</interserver_http_port>
<interserver_http_host>127.0.0.1</interserver_http_host><listen_host>127.0.0.1</listen_host>
<path>{self.folder}/data/</path><tmp_path>{self.folder}/tmp/</tmp_path>
<users_config>users.xml</users_config><default_profile>default</default_profile>
<default_database>default</default_database><mark_cache_size>67108864</mark_cache_size>
<timezone>UTC</timezone>{coordination}
<remote_servers><{NAME}>{remote}</{NAME}></remote_servers>
<macros><shard>{self.shard}</shard><replica>{self.replica}</replica></macros>
<distributed_ddl><path>/clickhouse/ddl</path></distributed_ddl>
<merge_tree><max_suspicious_broken_parts>100</max_suspicious_broken_parts></merge_tree>
</yandex>""")
        (self.folder / "users.xml").write_text(f"""<yandex><profiles><default>{settings}
<background_pool_size>4</background_pool_size></default></profiles>
<users><default><password/><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
<quota>default</quota></default>{user}</users><quotas><default/></quotas></yandex>""")


class Cluster:
    """`shards` x `replicas` servers and a ZooKeeper; `with Cluster() as cluster:`."""

    def __init__(self, shards=2, replicas=2, settings=""):
        self.settings = settings
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="costops-cluster-"))
        self.port = free_ports(1)[0]
        self.nodes = [Node(self.folder, shard, replica) for shard in range(1, shards + 1)
                      for replica in range(1, replicas + 1)]
        self.zookeeper = None

    def __enter__(self):
        try:
            self.start_zookeeper()
            for node in self.nodes:
                node.configure(self.nodes, self.port, self.settings)
                node.start()
            for node in self.nodes:
                node.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in [self.zookeeper, *(node.process for node in self.nodes)]:
            if process:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_zookeeper(self):
        (self.folder / "zookeeper").mkdir(exist_ok=True)
        configuration = self.folder / "zoo.cfg"
        configuration.write_text(
            f"tickTime=500\ndataDir={self.folder}/zookeeper\nclientPort={self.port}\n"
            "clientPortAddress=127.0.0.1\nadmin.enableServer=false\nmaxClientCnxns=0\n"
            "minSessionTimeout=2000\nmaxSessionTimeout=60000\n")
        patterns = ("zookeeper.jar", "zookeeper-jute.jar", "slf4j-api.jar", "slf4j-nop.jar",
                    "netty*.jar", "commons-*.jar", "metrics*.jar", "snappy-java.jar")
        jars = [jar for pattern in patterns for jar in glob.glob("/usr/share/java/" + pattern)]
        with open(self.folder / "zookeeper.output", "ab") as output:
            self.zookeeper = subprocess.Popen(
                ["java", "-Xmx128m", "-cp", ":".join(jars),
                 "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(configuration)],
                stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent)
        wait_for("start of zookeeper", self.zookeeper_listens)

    def zookeeper_listens(self):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        return False

    def node(self, shard, replica):
        return next(n for n in self.nodes if (n.shard, n.replica) == (shard, replica))

    def url(self, database):
        hosts = ",".join(f"127.0.0.1:{node.http}" for node in self.nodes)
        return f"clickhouse://{hosts}/{database}?cluster={NAME}"


if __name__ == "__main__":
    if missing():
        sys.exit(missing())
    with Cluster() as running:
        print(running.url("costs"), flush=True)
        signal.sigwait([signal.SIGINT, signal.SIGTERM])
