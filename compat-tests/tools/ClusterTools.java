class ClusterTools extends Tools { static void checks() {} }
