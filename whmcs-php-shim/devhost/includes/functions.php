<?php
/**
 * The global functions and classes that WHMCS gives its modules.
 */

declare(strict_types=1);

function add_hook(string $point, int $priority, callable $function): void
{
    Devhost\Hooks::add($point, $priority, $function);
}

function run_hook(string $point, $vars): array
{
    return Devhost\Hooks::run($point, $vars);
}

function localAPI(string $command, array $values = [], $adminUser = null): array
{
    return Devhost\Api::run($command, $values);
}

function logActivity(string $message, int $clientId = 0): void
{
    Devhost\Log::activity($message, $clientId);
}

function logModuleCall($module, $action, $request, $response, $processed = '', $replaceVars = []): void
{
    Devhost\Log::module((string) $module, (string) $action, $request, $response, $processed, (array) $replaceVars);
}

function encrypt($plain): string
{
    return Devhost\Cipher::encrypt((string) $plain);
}

function decrypt($cipher): string
{
    return Devhost\Cipher::decrypt((string) $cipher);
}

function generate_token(string $form = 'form'): string
{
    $token = Devhost\Session::token();
    $forms = ['plain' => $token, 'link' => "&token=$token", 'form' => "<input type=\"hidden\" name=\"token\" value=\"$token\">"];
    return $forms[$form] ?? $forms['form'];
}

function check_token(string $scope = 'WHMCS.default'): void
{
    Devhost\Session::checkToken();
}

final class App
{
    public static function getFromRequest(string $name)
    {
        return $_REQUEST[$name] ?? '';
    }
}

final class Lang
{
    public static function trans(string $key): string
    {
        return (string) ($GLOBALS['_LANG'][$key] ?? $key);
    }
}
