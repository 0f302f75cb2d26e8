using System.Globalization;
using System.Text;
using Blip.Bench.Reporting;
using Blip.Kernels.Devices;

namespace Blip.Bench.Workloads;

/// <summary>The time of one profiled step by part and operator.</summary>
internal static class TrainingProfile
{
    private const int Operators = 10;

    // Loss and gradient are one node: all later nodes are backward.
    private const string Loss = "CrossEntropy";

    private static readonly string[] Headings = ["part", "operator", "calls:", "ms:", "%:", "GFLOP/s:"];

    /// <summary>Two Markdown tables: the parts, and the ten slowest operators.</summary>
    /// <param name="steps">The measurements, in order.</param>
    public static string Markdown(IReadOnlyList<ProfiledStep> steps)
    {
        var loss = steps.Index().First(step => step.Item.Operation == Loss).Index;
        var placed = steps.Select((step, i) => (Part: Part(step, i, loss), Step: step)).ToList();
        var text = new StringBuilder();
        Append(text, placed.GroupBy(one => (one.Part, "")));
        text.AppendLine();
        Append(text, placed.GroupBy(one => (one.Part, one.Step.Operation)).OrderByDescending(Time).Take(Operators));
        return text.ToString();

        void Append(StringBuilder text, IEnumerable<IGrouping<(string, string), (string Part, ProfiledStep Step)>> groups)
        {
            var all = steps.Sum(step => step.Microseconds);
            RecordTable.Append(text, Headings, [.. groups.Select(group => Row(group, all))]);
        }
    }

    private static string Part(ProfiledStep step, int index, int loss) =>
        step.Stage == TrainingWorks.Optimizer ? step.Stage : index <= loss ? "forward" : "backward";

    private static string[] Row(IGrouping<(string Part, string Operation), (string Part, ProfiledStep Step)> group, double all)
    {
        var (time, flops) = (Time(group), group.Sum(one => one.Step.Flops));
        return
        [
            group.Key.Part, group.Key.Operation, $"{group.Count()}", RecordTable.Milliseconds(time / 1000),
            (100 * time / all).ToString("F1", CultureInfo.InvariantCulture),
            flops > 0 ? (flops / time / 1000).ToString("F1", CultureInfo.InvariantCulture) : "",
        ];
    }

    private static double Time(IEnumerable<(string Part, ProfiledStep Step)> group) => group.Sum(one => one.Step.Microseconds);
}
