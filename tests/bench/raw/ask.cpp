// bench-ask ENDPOINT: the least that a command line's program can be. A process with libzmq and Crypto++, one
// signed REQ, and the answer that comes once a round is done.
#include <vector>

#include "raw.hpp"
#include "schema/crypto.hpp"

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    void* context = raw::context(16);
    void* socket = raw::open(context, ZMQ_REQ);
    if (zmq_connect(socket, argv[1]) != 0) raw::die(argv[1]);
    pncp::Bytes question(132, 'q');
    pncp::SigningKey key(pncp::Key32{1});
    key.sign(pncp::ByteView(question.data(), 100), question.data() + 100);
    if (zmq_send(socket, question.data(), question.size(), 0) < 0) raw::die("zmq_send");
    char answer[256];
    const int size = zmq_recv(socket, answer, sizeof answer - 1, 0);
    if (size < 0) raw::die("zmq_recv");
    raw::say(std::string(answer, static_cast<std::size_t>(size)));
    zmq_close(socket);
    zmq_ctx_term(context);
}
