package io.millrace.graph;

import io.millrace.extract.Mention;
import io.millrace.stream.GroupCommit;
import io.vertx.core.CompositeFuture;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.sqlclient.SqlClient;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;

/**
 * Loads what small batches of several partitions need: those that ask at once, or while another load is under way, share
 * one. They may share what is found, since an entity is of one partition alone, and with it all that is folded into it.
 * Thread-safe.
 */
final class GraphLoads {

    /** More of them are worth a load of their own. */
    private static final int FEW_MENTIONS = 1_000;

    private record Wanted(SqlClient database, List<Mention> mentions, boolean again) {}

    private final GroupCommit<Wanted, GraphState> together;

    /** @param starter runs a load that waits for no other one */
    GraphLoads(Executor starter) {
        this.together = new GroupCommit<>(64, Long.MAX_VALUE, GraphLoads::loadTogether, starter);
    }

    /** As {@link GraphStore#load} does; what is found may be more than what is asked for. */
    Future<GraphState> load(SqlClient database, List<Mention> mentions, boolean again) {
        return mentions.size() > FEW_MENTIONS
                ? GraphStore.load(database, mentions, again)
                : together.add(new Wanted(database, mentions, again), 0);
    }

    private static Future<List<GraphState>> loadTogether(List<Wanted> wanted) {
        var owners = new HashSet<UUID>();
        var sharing = new ArrayList<Wanted>();
        var shared = Promise.<GraphState>promise();
        var loads = new ArrayList<Future<GraphState>>();
        for (var one : wanted) {
            if (one.mentions().stream().map(Mention::owner).distinct().allMatch(owners::add)) {
                sharing.add(one);
                loads.add(shared.future());
            } else {
                // A run that was fenced while it asked, and the one in its place: each folds into objects of its own.
                loads.add(load(List.of(one)));
            }
        }
        load(sharing).onComplete(shared);
        return Future.all(loads).map(CompositeFuture::list);
    }

    private static Future<GraphState> load(List<Wanted> wanted) {
        var mentions = wanted.stream().flatMap(one -> one.mentions().stream()).toList();
        return GraphStore.load(
                wanted.getFirst().database(), mentions, wanted.stream().anyMatch(Wanted::again));
    }
}
