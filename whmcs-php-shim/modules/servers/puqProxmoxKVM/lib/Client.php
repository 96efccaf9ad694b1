<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/**
 * Speaks HTTP with the kvmbridge service. No request is repeated: the next address of the list is tried only when nothing
 * at all was sent to the one before.
 */
final class Client
{
    private const MOST_ANSWER_BYTES = 8388608;

    private Settings $settings;

    public function __construct(Settings $settings)
    {
        $this->settings = $settings;
    }

    /** The answer as it came, a success or a refusal; everything else is a Fault. */
    public function post(string $path, string $body): string
    {
        $deadline = microtime(true) + $this->settings->milliseconds('total_timeout', 10, 25) / 1000;
        foreach ($this->settings->urls() as $url) {
            $reply = $this->send($url, $path, $body, (int) max(1, 1000 * ($deadline - microtime(true))));
            if ($reply['sent']) {
                break;
            }
        }
        if ($reply['error'] !== '') {
            throw new Fault($reply['sent'] ? 'no_answer' : 'unreachable', $url, $reply['error']);
        }
        // Refusals come with any status; a success only with 200.
        $result = json_decode($reply['body'], true)['result'] ?? '';
        if ($result !== 'error' && ($result !== 'success' || $reply['status'] !== 200)) {
            throw new Fault('bad_answer', $url, $reply['status']);
        }
        return $reply['body'];
    }

    /** @return array{sent:bool,error:string,status:int,body:string} */
    private function send(string $url, string $path, string $body, int $timeoutMs): array
    {
        [$base, $socket] = self::target($url);
        $signed = Signature::headers('k1', $this->settings->keys()['k1'], parse_url($base, PHP_URL_PATH) . $path, $body);
        $answer = '';
        $curl = curl_init($base . $path);
        curl_setopt_array($curl, [
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => $body,
            CURLOPT_HTTPHEADER => array_merge(['Content-Type: application/json', 'Expect:'], $signed),
            CURLOPT_CONNECTTIMEOUT_MS => min($this->settings->milliseconds('connect_timeout', 2, 10), $timeoutMs),
            CURLOPT_TIMEOUT_MS => $timeoutMs,
            CURLOPT_NOSIGNAL => true,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROXY => '', // never hand secrets to a proxy of the environment
            CURLOPT_WRITEFUNCTION => static function ($curl, string $part) use (&$answer): int {
                $answer .= $part;
                return strlen($answer) <= self::MOST_ANSWER_BYTES ? strlen($part) : 0;
            },
        ] + ($socket === '' ? [] : [CURLOPT_UNIX_SOCKET_PATH => $socket]));
        curl_exec($curl);
        [$sent, $status] = [curl_getinfo($curl, CURLINFO_REQUEST_SIZE) > 0, (int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE)];
        return ['sent' => $sent, 'error' => curl_error($curl), 'status' => $status, 'body' => $answer];
    }

    /** @return array{0:string,1:string} base URL, and the unix socket or '' */
    private static function target(string $url): array
    {
        if (preg_match('~^unix://(/.+)$~D', $url, $match)) {
            return ['http://localhost', $match[1]];
        }
        if (!preg_match('~^https?://[^/?#]+(/[^?#]*)?$~D', $url)) {
            throw new Fault('bad_url', $url);
        }
        return [rtrim($url, '/'), ''];
    }
}
