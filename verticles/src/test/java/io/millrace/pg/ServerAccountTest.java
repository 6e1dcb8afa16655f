package io.millrace.pg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.pg.EmbeddedServerException.Reason;
import io.millrace.pg.ServerAccount.Other;
import io.millrace.pg.ServerAccount.Own;
import io.millrace.pg.ServerAccount.OwnInNamespace;
import org.junit.jupiter.api.Test;

class ServerAccountTest {
    private static final int ROOT = 0;
    private static final Other POSTGRES = new Other(101, 104);

    @Test
    void anOrdinaryUserRunsTheServerItself() {
        assertThat(ServerAccount.choose(1000, 1000, 1000, new Machine(false, false)))
                .isEqualTo(new Own());
    }

    @Test
    void rootPrefersANamespaceInWhichItIsNobody() {
        assertThat(ServerAccount.choose(ROOT, ROOT, ROOT, new Machine(true, true)))
                .isEqualTo(new OwnInNamespace());
    }

    @Test
    void rootWithoutNamespacesBecomesAnUnprivilegedAccount() {
        assertThat(ServerAccount.choose(ROOT, ROOT, ROOT, new Machine(false, true)))
                .isEqualTo(POSTGRES);
    }

    @Test
    void rootTakesTheAccountThatOwnsTheFolder() {
        assertThat(ServerAccount.choose(ROOT, 1000, 1001, new Machine(true, true)))
                .isEqualTo(new Other(1000, 1001));
    }

    @Test
    void rootWithNoWayOutIsToldWhatToDo() {
        assertThatExceptionOfType(EmbeddedServerException.class)
                .isThrownBy(() -> ServerAccount.choose(ROOT, ROOT, ROOT, new Machine(false, false)))
                .withMessageContaining("ordinary user")
                .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.RUNS_AS_ROOT));
    }

    private record Machine(boolean allowsNamespaces, boolean switches) implements ServerAccount.Machine {
        @Override
        public boolean canSwitchTo(Other account) {
            return switches;
        }

        @Override
        public Other unprivileged() {
            return POSTGRES;
        }
    }
}
