//! What the system allows: one thread that writes the same bytes to all sockets, one after the other, and does nothing else. It is no
//! server, because it reads no request and waits for nobody.

use std::io::{self, BufRead, Write, stdin};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

pub(crate) fn serve(port: u16) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    let sockets: Mutex<Vec<TcpStream>> = Mutex::default();
    let all = || sockets.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for socket in listener.incoming() {
                let answered = socket.and_then(|mut socket| {
                    socket.set_nodelay(true)?;
                    socket.write_all(HEAD)?;
                    all().push(socket);
                    Ok(())
                });
                if answered.is_err() {
                    return;
                }
            }
        });
        for line in stdin().lock().lines() {
            let event = format!("data: {}\n\n", line?);
            all().retain_mut(|socket| socket.write_all(event.as_bytes()).is_ok());
        }
        Ok(())
    })
}
