package io.millrace.pg;

import com.sun.security.auth.module.UnixSystem;
import io.millrace.pg.EmbeddedServerException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The account that PostgreSQL's processes run under. PostgreSQL refuses to run as root, but containers and small servers
 * often are root, so there are two ways out: a user namespace in which root is nobody (the files stay root's), and where
 * that is forbidden a real change of account (the files become that account's).
 */
sealed interface ServerAccount {
    Duration PROBE_LIMIT = Duration.ofSeconds(10);

    /** The words to put before a command. */
    List<String> prefix();

    record Own() implements ServerAccount {
        @Override
        public List<String> prefix() {
            return List.of();
        }
    }

    record OwnInNamespace() implements ServerAccount {
        @Override
        public List<String> prefix() {
            return List.of("unshare", "--user");
        }
    }

    record Other(int uid, int gid) implements ServerAccount {
        @Override
        public List<String> prefix() {
            return List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups");
        }
    }

    /** What this machine allows; asked only when we are root. */
    interface Machine {
        boolean allowsNamespaces();

        boolean canSwitchTo(Other account);

        /** The account {@code postgres}, or else {@code nobody}. */
        Other unprivileged();
    }

    /** The account to use for a folder on this machine. */
    static ServerAccount of(DataFolder folder) {
        return choose((int) new UnixSystem().getUid(), folder.ownerUid(), folder.ownerGid(), new ThisMachine());
    }

    /** Files that belong to an account already decide for it, since only that one can open them. */
    static ServerAccount choose(int uid, int ownerUid, int ownerGid, Machine machine) {
        if (uid != 0) {
            return new Own();
        }
        if (ownerUid == 0 && machine.allowsNamespaces()) {
            return new OwnInNamespace();
        }
        var other = ownerUid == 0 ? machine.unprivileged() : new Other(ownerUid, ownerGid);
        if (machine.canSwitchTo(other)) {
            return other;
        }
        throw new EmbeddedServerException(
                Reason.RUNS_AS_ROOT,
                "PostgreSQL refuses to run as root, and neither `unshare --user` nor `setpriv` can give it another account here. Run Millrace as an ordinary user, or use a server of your own (DATABASE_URL).");
    }

    final class ThisMachine implements Machine {
        private static final Path ROOT = Path.of("/");

        @Override
        public boolean allowsNamespaces() {
            return runs(new OwnInNamespace(), "true");
        }

        @Override
        public boolean canSwitchTo(Other account) {
            return runs(account, "true");
        }

        @Override
        public Other unprivileged() {
            var name = id("-u", "postgres") > 0 ? "postgres" : "nobody";
            return new Other(id("-u", name), id("-g", name));
        }

        private static boolean runs(ServerAccount account, String program) {
            var words = new ArrayList<>(account.prefix());
            words.add(program);
            return Command.run(ROOT, PROBE_LIMIT, words).succeeded();
        }

        private static int id(String which, String name) {
            var answer = Command.run(ROOT, PROBE_LIMIT, List.of("id", which, name));
            return answer.succeeded() ? Integer.parseInt(answer.output()) : -1;
        }
    }

    /** The numeric owner ({@code uid}) or group ({@code gid}) of a file. */
    static int owner(Path path, String which) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:" + which);
    }
}
