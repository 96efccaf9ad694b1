<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** Renders product mails and keeps them in tblemails instead of sending them. */
final class Mail
{
    /** @return string '' or why it was not sent */
    public static function sendById(int $templateId, int $serviceId): string
    {
        $name = Capsule::table('tblemailtemplates')->where('id', $templateId)->value('name');
        return $templateId === 0 ? '' : self::send((string) $name, $serviceId, []);
    }

    /** @return string '' or why it was not sent */
    public static function send(string $name, int $serviceId, array $vars): string
    {
        $template = Capsule::table('tblemailtemplates')->where('type', 'product')->where('name', $name)->where('language', '')->first();
        $service = Capsule::table('tblhosting')->where('id', $serviceId)->first();
        if ($template === null || (int) $template->disabled !== 0) {
            return 'Email Template not found or disabled';
        }
        if ($service === null) {
            return 'Sending Failed. Please see documentation.';
        }
        $fields = $vars + self::fields($service);
        foreach (Hooks::run('EmailPreSend', ['messagename' => $name, 'relid' => $serviceId, 'mergefields' => $fields]) as $extra) {
            if (!empty($extra['abortsend'])) {
                return 'Sending Failed. Aborted by hook.';
            }
            $fields = (array) $extra + $fields;
        }
        return self::deliver($template, (int) $service->userid, $fields);
    }

    private static function deliver(object $template, int $clientId, array $fields): string
    {
        try {
            $subject = Smarty::render($template->subject, $fields);
            $message = Smarty::render($template->message, $fields);
        } catch (\DomainException $error) {
            Log::activity("Email template \"$template->name\": {$error->getMessage()}", $clientId);
            return 'Sending Failed. Empty body.';
        }
        Capsule::table('tblemails')->insert([
            'userid' => $clientId, 'subject' => $subject, 'message' => $message, 'date' => date('Y-m-d H:i:s'),
            'to' => $fields['client_email'], 'cc' => '', 'bcc' => '', 'attachments' => '',
        ]);
        Log::activity("Email Sent to {$fields['client_name']} ($subject)", $clientId);
        return '';
    }

    private static function fields(object $service): array
    {
        return self::clientFields((int) $service->userid) + self::serviceFields($service) + [
            'signature' => 'Your ' . $GLOBALS['CONFIG']['CompanyName'] . ' team',
            'company_name' => $GLOBALS['CONFIG']['CompanyName'],
            'whmcs_url' => Config::systemUrl(),
            'date' => date('Y-m-d'),
            'time' => date('H:i'),
        ];
    }

    private static function clientFields(int $clientId): array
    {
        $client = Capsule::table('tblclients')->where('id', $clientId)->first();
        return [
            'client_id' => $clientId,
            'client_name' => trim(($client->firstname ?? '') . ' ' . ($client->lastname ?? '')),
            'client_first_name' => $client->firstname ?? '',
            'client_last_name' => $client->lastname ?? '',
            'client_company_name' => $client->companyname ?? '',
            'client_email' => $client->email ?? '',
        ];
    }

    private static function serviceFields(object $service): array
    {
        $product = Capsule::table('tblproducts')->where('id', $service->packageid)->first();
        $server = Capsule::table('tblservers')->where('id', $service->server)->first();
        return [
            'service_id' => (int) $service->id,
            'service_order_id' => (int) $service->orderid,
            'service_product_name' => $product->name ?? '',
            'service_domain' => $service->domain,
            'service_username' => $service->username,
            'service_password' => $service->password === '' ? '' : Cipher::decrypt($service->password),
            'service_dedicated_ip' => $service->dedicatedip,
            'service_assigned_ips' => $service->assignedips,
            'service_server_name' => $server->name ?? '',
            'service_server_hostname' => $server->hostname ?? '',
            'service_server_ip' => $server->ipaddress ?? '',
            'service_payment_method' => 'Bank Transfer',
            'service_first_payment_amount' => (string) $service->firstpaymentamount,
            'service_recurring_amount' => (string) $service->amount,
            'service_billing_cycle' => $service->billingcycle,
            'service_next_due_date' => (string) $service->nextduedate,
            'service_reg_date' => (string) $service->regdate,
            'service_status' => $service->domainstatus,
            'service_suspension_reason' => $service->suspendreason,
        ];
    }
}
