package io.millrace.extract;

import java.util.HashMap;
import java.util.Map;

/**
 * Brings a verb to the one form that names a relationship, its past: "writes", "writing" and "written" are "wrote".
 * Regular verbs go by rule, so that a rare one may come out misspelt but always the same.
 */
final class VerbForms {
    private static final Map<String, String> IRREGULAR = parse("""
            became: become becomes becoming
            began: begin begins begun beginning
            bore: bear bears bearing
            bought: buy buys buying
            brought: bring brings bringing
            broke: break breaks broken breaking
            built: build builds building
            chose: choose chooses chosen choosing
            came: come comes coming
            drew: draw draws drawn drawing
            drove: drive drives driven driving
            did: do does done doing
            died: die dies dying
            fed: feed feeds feeding
            fell: fall falls fallen falling
            fled: flee flees fleeing
            flew: fly flies flown flying
            fought: fight fights fighting
            found: find finds finding
            gave: give gives given giving
            got: get gets gotten getting
            grew: grow grows grown growing
            had: have has having
            kept: keep keeps keeping
            held: hold holds holding
            knew: know knows known knowing
            lay: lie lies lain lying
            led: lead leads leading
            left: leave leaves leaving
            meant: mean means meaning
            lost: lose loses losing
            made: make makes making
            met: meet meets meeting
            oversaw: oversee oversees overseen overseeing
            overthrew: overthrow overthrows overthrown overthrowing
            paid: pay pays paying
            ran: run runs running
            rose: rise rises risen rising
            said: say says saying
            sang: sing sings sung singing
            saw: see sees seen seeing
            swore: swear swears sworn swearing
            sought: seek seeks seeking
            slept: sleep sleeps sleeping
            sent: send sends sending
            set: sets setting
            shot: shoot shoots shooting
            shown: show shows showed showing
            sold: sell sells selling
            spent: spend spends spending
            spoke: speak speaks spoken speaking
            stood: stand stands standing
            swam: swim swims swum swimming
            taught: teach teaches teaching
            thought: think thinks thinking
            told: tell tells telling
            took: take takes taken taking
            understood: understand understands understanding
            went: go goes gone going
            won: win wins winning
            wore: wear wears worn wearing
            wrote: write writes written writing
            beat: beats beaten beating
            cut: cuts cutting
            hit: hits hitting
            put: puts putting
            read: reads reading
            split: splits splitting
            spread: spreads spreading
            broadcast: broadcasts broadcasting
            quit: quits quitting
            ate: eat eats eaten eating
            forgave: forgive forgives forgiven forgiving
            underwent: undergo undergoes undergone undergoing
            withdrew: withdraw withdraws withdrawn withdrawing
            stole: steal steals stolen stealing
            struck: strike strikes striking
            threw: throw throws thrown throwing
            caught: catch catches catching
            heard: hear hears hearing
            dealt: deal deals dealing
            lent: lend lends lending
            hid: hide hides hidden hiding
            shook: shake shakes shaken shaking
            drank: drink drinks drunk drinking
            born: born
            founded: found_ founds founding
            co-founded: cofounded cofounds co-founds cofounding co-founding
            """);

    private VerbForms() {}

    private static Map<String, String> parse(String table) {
        var forms = new HashMap<String, String>();
        for (var line : table.lines().toList()) {
            var past = line.substring(0, line.indexOf(':'));
            forms.put(past, past);
            for (var form : line.substring(line.indexOf(':') + 1).strip().split(" ")) {
                forms.putIfAbsent(form, past);
            }
        }
        return forms;
    }

    /** The past form of a verb in any form, in lower case. */
    static String past(String verb) {
        var irregular = IRREGULAR.get(verb);
        if (irregular != null) {
            return irregular;
        }
        if (verb.endsWith("ed")) {
            return verb;
        }
        if (verb.matches(".*[aeiou].*ing")) {
            return regular(verb.substring(0, verb.length() - 3));
        }
        if (verb.endsWith("ies") && verb.length() > 4) {
            return verb.substring(0, verb.length() - 3) + "ied";
        }
        if (verb.matches(".+(?:sh|ch|x|ss|zz)es")) {
            return verb.substring(0, verb.length() - 2) + "ed";
        }
        if (verb.endsWith("s") && !verb.endsWith("ss")) {
            return regular(verb.substring(0, verb.length() - 1));
        }
        return regular(verb);
    }

    private static String regular(String base) {
        if (base.endsWith("e")) {
            return base + "d";
        }
        if (base.endsWith("y") && base.length() > 1 && "aeiou".indexOf(base.charAt(base.length() - 2)) < 0) {
            return base.substring(0, base.length() - 1) + "ied";
        }
        return base + "ed";
    }
}
