<?php
/**
 * A TLS server with a certificate nobody trusts: php tls.php FOLDER. It writes its address to FOLDER/tls.address and whatever
 * it is sent to FOLDER/tls.received.
 */

declare(strict_types=1);

$folder = $argv[1];
$key = openssl_pkey_new(['private_key_type' => OPENSSL_KEYTYPE_EC, 'curve_name' => 'prime256v1']);
$certificate = openssl_csr_sign(openssl_csr_new(['commonName' => '127.0.0.1'], $key), null, $key, 1);
openssl_x509_export($certificate, $text);
openssl_pkey_export($key, $secret);
file_put_contents("$folder/tls.pem", $text . $secret);
$server = stream_socket_server('ssl://127.0.0.1:0', $code, $error, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN,
    stream_context_create(['ssl' => ['local_cert' => "$folder/tls.pem"]]));
file_put_contents("$folder/tls.address.new", stream_socket_get_name($server, false));
rename("$folder/tls.address.new", "$folder/tls.address");
while (true) {
    $connection = @stream_socket_accept($server, 10);
    if ($connection !== false) {
        file_put_contents("$folder/tls.received", (string) fread($connection, 65536), FILE_APPEND);
        fclose($connection);
    }
}
