<?php
/**
 * Answers one HTTP request on a unix socket with success: php unixsocket.php SOCKET
 */

declare(strict_types=1);

$server = stream_socket_server('unix://' . $argv[1]);
touch($argv[1] . '.ready.json'); // the file of the socket is there a moment before it takes anybody
$connection = stream_socket_accept($server, 10);
$request = (string) fread($connection, 65536);
file_put_contents($argv[1] . '.request.json', json_encode(['line' => strtok($request, "\r\n")]));
$body = '{"result":"success","code":"ok","message":"","data":{}}';
fwrite($connection, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " . strlen($body) . "\r\n\r\n" . $body);
fclose($connection);
unlink($argv[1]);
