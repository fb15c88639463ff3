"""Hostile peers who hold a listed key, their own or a stolen one, against a real broker with an honest agent beside it.

They speak raw ZMTP. CURVE lets them in, and their frames get as far as they are true. After each attack the broker is
the same process, its memory stayed under a stated bound, the honest agent answers, and refusals are counted by name.
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "hostile"))

import wire  # noqa: E402
import zmtp  # noqa: E402
from harness import wait_for  # noqa: E402
from siege import SLACK_KIB, Siege  # noqa: E402

# A proven connection with a handshake of ours begun on it. Measured 42 KiB.
PROVEN_PEER_KIB = 64


class KeyHolders(Siege):
    def test_agents_that_never_end_their_handshakes_do_not_lock_the_operators_out(self):
        bound = 1_024
        for number in range(bound // 4 + 1):
            issued = self.operator.ask("key_issue", id=f"thief-{number}", role=1)
            key = wire.PeerKey("agent", issued["id"], issued["generation"], issued["key"], issued["broker"])
            self.ports = dict(row.split("=", 1) for row in issued["endpoints"])
            for _ in range(4):
                peer = self.proven(key)
                peer.say(peer.seal(wire.Session(key).hello()))
        wait_for("the bound", lambda: self.status("refused.overload") > 0)
        self.assertEqual(self.cli("agents").returncode, 0, "a new session of the local operator")

    def test_a_resident_operator_outlives_other_sessions_of_his_id_that_are_over(self):
        resident = wire.Operator.local(self.run_dir)
        self.addCleanup(resident.close)
        for _ in range(20):
            self.cli_ok("agents")
            resident.status()

    def test_one_connection_cannot_begin_handshakes_without_end(self):
        key = self.thief()
        peer = self.proven(key)
        hello = wire.Session(key).hello()
        self.flood(peer, [peer.seal(hello) for _ in range(5_000)])
        self.wait_refused("overload", 4_900)

    def test_routing_ids_cannot_be_grabbed(self):
        key = self.thief()
        names = [b"\0" + os.urandom(4) for _ in range(30)] + [b"honest", b"x" * 255, b"x", b"x", b"\0", b"\0" * 5]
        for name in names:
            self.proven(key, Identity=name)
        for _ in range(3):
            ready = zmtp.command(b"READY", zmtp.metadata("DEALER", Identity=b"\0\0\0\0\1"))
            self.stranger().say(zmtp.greeting(b"NULL"), ready)
        self.assertEqual(self.status("agents.online"), 1, "the honest one, where it was")
        self.start_agents("late")
        self.all_is_well(SLACK_KIB)

    def test_refusals_are_counted_by_name_then_the_connection_is_ignored(self):
        key, other = self.thief(), self.thief("other")
        peer, session = self.in_session(key)
        good = session.frame("HEARTBEAT", {"wall_us": 0, "clock_synced": True})
        stolen = wire.seal(bytes(32), "HEARTBEAT", 1, 1, session.session, 9, {"wall_us": 0, "clock_synced": True})
        session.sent = 20
        # 65,536 bytes are the most that may come at all; what is longer ends the connection.
        bad = {"length": [b"", good[:67]],
               "magic": [b"XXXX" + good[4:], b"x" * 65_536], "type": [good[:4] + b"\xff" + good[5:]],
               "direction": [good[:5] + b"\x03" + good[6:], good[:5] + b"\xff" + good[6:]],
               "payload_length": [good[:32] + b"\xff\xff\xff\xff" + good[36:], good + b"x"],
               "unknown_peer": [good[:6] + b"\0\2" + good[8:]],
               "tag": [stolen, good[:-1] + bytes([good[-1] ^ 1])],
               "wrong_connection": [wire.Session(other).hello()],
               "role": [session.frame("COMMAND", {}), session.frame("REQUEST", {"verb": "status"})],
               "payload": [session.frame("HEARTBEAT", b"\xc1"), session.frame("BATCH", {"rows": []})],
               "counter": [session.frame("HEARTBEAT", {"wall_us": 0, "clock_synced": True}, counter=1)]}
        for texts in bad.values():
            peer.say(*[peer.seal(text) for text in texts])
        for name, texts in bad.items():
            self.wait_refused(name, len(texts))
            self.assertEqual(self.refused(name), len(texts), name)
        peer.say(*[peer.seal(stolen) for _ in range(2_000)])
        self.wait_refused("overload", 1_900)
        self.assertEqual(self.status("agents.online"), 1, "the session of who sends so is ended")
        self.all_is_well(SLACK_KIB)

    def test_frames_longer_than_the_limit_end_the_connection(self):
        key = self.thief()
        for announced in (None, 2 ** 30, 2 ** 63):
            peer = self.proven(key)
            text = peer.seal(bytes(65_537)) if announced is None else b"\x02" + announced.to_bytes(8, "big")
            taken = self.flood(peer, [text, bytes(65_536) * 8])
            self.assertTrue(not taken or peer.is_cut_off(), announced)
        self.all_is_well(SLACK_KIB)

    def test_a_flood_of_junk_from_a_listed_key_holds_nobody_up(self):
        peer, _ = self.in_session(self.thief())
        count = 200_000
        junk = [peer.seal(b"x" * 100) for _ in range(count)]
        self.assertTrue(self.flood(peer, junk))
        self.wait_refused("overload", count - 100)
        self.all_is_well(SLACK_KIB)

    def test_a_flood_of_one_recorded_hello_holds_nobody_up(self):
        key = self.thief()
        peer = self.proven(key)
        hello = wire.Session(key).hello()
        taken = self.flood(peer, [peer.seal(hello) for _ in range(30_000)])
        self.assertLessEqual(self.status("sessions.pending"), 4)
        self.assertEqual(self.status("agents.online"), 1)
        self.assertTrue(taken)
        self.start_agents("late")
        self.all_is_well(SLACK_KIB)

    def test_a_listed_key_sends_no_hello_for_another(self):
        peer, hello = self.proven(self.thief()), wire.Session(self.thief("victim")).hello()
        peer.say(*[peer.seal(hello) for _ in range(5_000)])
        self.wait_refused("wrong_connection", 20)
        self.wait_refused("overload", 4_900)
        self.assertEqual(self.status("sessions.pending"), 0)
        self.start_agents("late")
        self.all_is_well(SLACK_KIB)

    def test_many_connections_of_one_key_are_put_off_and_other_keys_get_in(self):
        key = self.thief()
        for _ in range(150):
            peer = self.stranger_with(key)
            peer.say(peer.initiate(peer.hear_frame()[1]))
        wait_for("some to be put off", lambda: self.status("connections.put_off") > 50)
        self.start_agents("late")
        self.all_is_well(SLACK_KIB)

    def test_handshakes_begun_and_not_ended_are_bounded_and_leave_room_for_others(self):
        key = self.thief()
        peers = [self.proven(key) for _ in range(8)]
        for peer in peers:
            peer.say(peer.seal(wire.Session(key).hello()))
        self.wait_refused("overload", 4)
        self.assertEqual(self.status("sessions.pending"), 4)
        self.start_agents("late")
        self.all_is_well(SLACK_KIB)

    def test_pending_handshakes_end_at_a_bound_and_newcomers_get_in_when_their_time_is_over(self):
        bound = 1_024
        late = self.enrol("late")
        for number in range(bound // 4 + 1):
            issued = self.operator.ask("key_issue", id=f"thief-{number}", role=1)
            key = wire.PeerKey("agent", issued["id"], issued["generation"], issued["key"], issued["broker"])
            for _ in range(4):
                peer = self.proven_at(key, issued)
                peer.say(peer.seal(wire.Session(key).hello()))
        wait_for("the bound", lambda: self.status("sessions.pending") <= bound and self.status("refused.overload") > 0)
        self.honest_answers("while nobody new gets in")
        self.start_agent("late", late)
        self.wait_online("late")
        self.all_is_well(SLACK_KIB + PROVEN_PEER_KIB * 4 * (bound // 4 + 1))

    def proven_at(self, key, issued):
        self.ports = dict(row.split("=", 1) for row in issued["endpoints"])
        return self.proven(key)

    def test_subscriptions_without_end_cut_off_who_asks_for_them(self):
        key = self.thief("reader", "subscriber")
        peer = self.proven(key, "feed", socket_type="SUB")
        asked = [peer.seal(b"\x01metrics/%d/" % number) for number in range(200_000)]
        self.assertTrue(not self.flood(peer, asked) or peer.is_cut_off())
        wait_for("nothing to be kept", lambda: self.status("feed.subscriptions") < 1_024)
        again = zmtp.CurvePeer.of(key, self.ports["feed"], socket_type="SUB")
        self.addCleanup(again.close)
        again.socket.settimeout(1)
        with self.assertRaises((ConnectionError, TimeoutError)):
            again.shake_hands()
        other = self.proven(self.thief("other", "subscriber"), "feed", socket_type="SUB")
        other.say(other.seal(b"\x01heartbeat/"))
        self.assertEqual(other.open(), b"heartbeat/", "others are served")
        self.all_is_well(SLACK_KIB)

    def test_subscriptions_to_ports_that_publish_nothing_are_junk(self):
        for port, role in (("agents", "agent"), ("control", "operator")):
            peer = self.proven(self.thief(role, role), port)
            self.flood(peer, [peer.seal(b"\x01x%d" % number) for number in range(20_000)])
            # ZMTP 3.1 has a command for it too.
            self.flood(peer, [peer.seal(b"\x09SUBSCRIBEx%d" % number, is_command=True) for number in range(20_000)])
        self.wait_refused("length", 19)
        self.all_is_well(SLACK_KIB)

    def test_endless_parts_of_a_listed_key_cost_what_they_weigh_and_are_given_back(self):
        """libzmq keeps a message until its last part has come, whatever the limits say, so a key holder can fill
        memory: what he sends, and little more. The unit's MemoryMax ends that; here it is measured.
        """
        peer, grown = self.proven(self.thief()), []
        for times in (1, 2, 3):
            parts = [peer.seal(b"", more=True) for _ in range(200_000)]
            sent_kib = sum(map(len, parts)) // 1024
            self.flood(peer, parts)
            peer.say(peer.seal(b"end"))
            self.wait_refused("parts", times)
            grown.append(self.grown_kib())
        print(f"    sent {sent_kib} KiB each time")
        self.assertLess(grown[2], 1.5 * grown[0], "the room is used again")
        self.all_is_well(SLACK_KIB + 6 * sent_kib)


if __name__ == "__main__":
    unittest.main()
