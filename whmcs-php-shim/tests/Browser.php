<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

/** Goes through pages like a person: keeps cookies, follows redirects, sends the form's token. */
final class Browser
{
    public $status = 0;
    public $url = '';
    public $html = '';
    private $base;
    private $curl;

    public function __construct(string $base)
    {
        $this->base = $base;
        $this->curl = curl_init();
        curl_setopt_array($this->curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_FOLLOWLOCATION => true, CURLOPT_COOKIEFILE => '',
            CURLOPT_PROXY => '', CURLOPT_TIMEOUT => 20]);
    }

    public function get(string $path): self
    {
        curl_setopt($this->curl, CURLOPT_HTTPGET, true);
        return $this->go($path);
    }

    public function post(string $path, array $fields): self
    {
        preg_match('/csrfToken = "(\w+)"/', $this->html, $token);
        curl_setopt($this->curl, CURLOPT_POST, true);
        curl_setopt($this->curl, CURLOPT_POSTFIELDS, http_build_query($fields + ['token' => $token[1] ?? '']));
        return $this->go($path);
    }

    /** The page's text without its frame. */
    public function text(): string
    {
        preg_match('~<main[^>]*>(.*)</main>~s', $this->html, $main);
        return html_entity_decode(trim((string) preg_replace('/\s+/', ' ', strip_tags(str_replace('<', ' <', $main[1] ?? $this->html)))), ENT_QUOTES);
    }

    private function go(string $path): self
    {
        curl_setopt($this->curl, CURLOPT_URL, "$this->base/$path");
        $this->html = (string) curl_exec($this->curl);
        $this->status = (int) curl_getinfo($this->curl, CURLINFO_RESPONSE_CODE);
        $this->url = substr((string) curl_getinfo($this->curl, CURLINFO_EFFECTIVE_URL), strlen($this->base) + 1);
        return $this;
    }
}
