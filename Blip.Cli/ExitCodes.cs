namespace Blip.Cli;

internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>Some inputs failed; the others have results.</summary>
    public const int SomeFailed = 1;

    public const int Differs = 1;

    /// <summary>The command line, model or device is unusable: nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>SIGHUP: the terminal was closed.</summary>
    public const int HungUp = 129;

    /// <summary>SIGINT (Ctrl-C); shells use 128 + the signal's number.</summary>
    public const int Interrupted = 130;

    /// <summary>SIGTERM: from a container or a service manager.</summary>
    public const int Terminated = 143;

    /// <summary>A cluster's worker was told to stop and has kept its finished work: start it again (EX_TEMPFAIL of sysexits.h).</summary>
    public const int Requeue = 75;

    /// <summary>SIGPIPE: the output's reader closed it, as in <c>blip … | head -1</c>.</summary>
    public const int OutputClosed = 141;
}
