using Blip.Cli.Options;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Evaluation;
using Blip.Runtime.Retrieval;
using Blip.Runtime.Tokenization;

namespace Blip.Cli;

/// <summary>Steps before the work begins: whatever they complain of is the command line's to change.</summary>
internal static class Startup
{
    /// <summary>Runs a step.</summary>
    /// <exception cref="UsageException">The library's own message, with the command line's names.</exception>
    public static T Step<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (ArgumentException e)
        {
            throw OptionNames.Explain(e);
        }
        catch (Exception e) when (e is CheckpointException or TokenizerException or DeviceException or AnnotationException or IndexException)
        {
            throw new UsageException(e.Message, e);
        }
    }
}
