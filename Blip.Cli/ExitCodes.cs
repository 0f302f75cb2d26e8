namespace Blip.Cli;

/// <summary>The process's exit codes.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>Some images have no caption; the others have.</summary>
    public const int SomeFailed = 1;

    /// <summary>Two traces differ.</summary>
    public const int Differs = 1;

    /// <summary>The command line, the model or the device is not usable: nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>As <see cref="Interrupted"/>, for SIGHUP: the terminal was closed.</summary>
    public const int HungUp = 129;

    /// <summary>Ctrl-C; shells give 128 + the signal's number.</summary>
    public const int Interrupted = 130;

    /// <summary>As <see cref="Interrupted"/>, for SIGTERM: a container or a service manager ended it.</summary>
    public const int Terminated = 143;

    /// <summary>A worker of a cluster was told to stop, and has kept its finished work: it should be started again (EX_TEMPFAIL of sysexits.h).</summary>
    public const int Requeue = 75;

    /// <summary>The reader of the output went away, as in <c>blip … | head -1</c>.</summary>
    public const int OutputClosed = 141;
}
