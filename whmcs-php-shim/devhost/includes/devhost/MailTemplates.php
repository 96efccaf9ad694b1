<?php

declare(strict_types=1);

namespace Devhost;

/** The product mails an operator creates by hand in WHMCS; the names are fixed, the first one's misprint too. */
final class MailTemplates
{
    private const HEAD = "<p>Dear {\$client_name},</p>\n";
    private const FOOT = "<p>{\$signature}</p>\n";
    private const BILLING = "<p>Product: {\$service_product_name}<br>\nPayment method: {\$service_payment_method}<br>\n"
        . "Amount: {\$service_recurring_amount}<br>\nBilling cycle: {\$service_billing_cycle}<br>\n"
        . "{if \$service_next_due_date != '0000-00-00'}Next due date: {\$service_next_due_date}<br>{/if}</p>\n";
    private const PLACE = "<p>Address: {if \$service_dedicated_ip}{\$service_dedicated_ip}{else}{\$service_domain}{/if}<br>\n"
        . "Name: {\$service_domain}</p>\n{if \$service_assigned_ips}<p>More addresses:<br>\n{nl2br(\$service_assigned_ips)}</p>{/if}\n";
    private const LOGIN = "<p>User name: {\$service_username|escape}<br>\nPassword: {\$service_password|escape}</p>\n";

    /** @return array<string,array{0:string,1:string}> name => subject and message */
    public static function all(): array
    {
        $machine = "{if \$vm_id}<p>VM {\$vm_id}{if \$server_hostname} on {\$server_hostname}{/if}</p>{/if}\n";
        $used = "<p>Used: {\$traffic_used} GB of {\$traffic_limit} GB{if \$traffic_until}; the next period begins on {\$traffic_until}{/if}</p>\n";
        return [
            'puqProxmoxVKM Welcome Email' => ['Virtual Machine Order Information', self::HEAD
                . "<p>thank you for your order. Your virtual machine is being built; a second message follows when it runs.</p>\n"
                . self::BILLING . "<p>Please set a backup schedule in the client area.</p>\n" . self::FOOT],
            'puqProxmoxKVM VM is ready' => ['Virtual Machine is ready', self::HEAD . "<p>your virtual machine is running.</p>\n"
                . self::PLACE . self::LOGIN . $machine . self::BILLING . self::FOOT],
            'puqProxmoxKVM Reset password' => ['Reset password is ready', self::HEAD . "<p>the password was changed.</p>\n"
                . self::PLACE . self::LOGIN . self::FOOT],
            'puqProxmoxKVM Backup restored' => ['Backup restored successful', self::HEAD . "<p>the backup was restored.</p>\n"
                . self::PLACE . self::BILLING . self::FOOT],
            'puqProxmoxKVM Upgrade Email' => ['Virtual Machine upgrade is ready', self::HEAD . "<p>the upgrade is done.</p>\n"
                . self::PLACE . self::BILLING . self::FOOT],
            'puqProxmoxKVM Traffic is running out' => ['Traffic is running out', self::HEAD
                . "<p>your virtual machine has used more than 80 % of its traffic.</p>\n" . $used . self::PLACE . self::FOOT],
            'puqProxmoxKVM Traffic is used up' => ['Traffic is used up', self::HEAD . "<p>your virtual machine has used all of its traffic.</p>\n"
                . "{if \$traffic_rate}<p>Until the end of the period its network runs at {\$traffic_rate} MB per second.</p>\n{/if}"
                . $used . self::PLACE . self::FOOT],
        ];
    }
}
