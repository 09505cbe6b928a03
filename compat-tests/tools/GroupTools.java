class GroupTools extends Tools { static void checks() {} }
