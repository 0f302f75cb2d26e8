using Blip.Bootstrapping;
using Blip.Bootstrapping.Queues;
using Blip.Bootstrapping.Submitting;
using Blip.Cli.Options;
using Blip.Datasets;
using Blip.Evaluation;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Hub;
using Blip.Runtime.Retrieval;
using Blip.Runtime.Tokenization;

namespace Blip.Cli;

/// <summary>Steps before the work begins: their errors are command-line errors.</summary>
internal static class Startup
{
    /// <exception cref="UsageException">The library's message, with the command line's names.</exception>
    public static T Step<T>(Func<T> step) => StepAsync(() => Task.FromResult(step())).GetAwaiter().GetResult();

    /// <exception cref="UsageException">The library's message, with the command line's names.</exception>
    public static async Task<T> StepAsync<T>(Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (ArgumentException e)
        {
            throw OptionNames.Explain(e);
        }
        catch (BlipException e)
        {
            throw new UsageException(e.Message, e);
        }
    }
}
