using Blip.Bootstrapping.Queues;

namespace Blip.Tests.Bootstrapping;

/// <summary>Which shards a task has, by the variables of Slurm and Kubernetes.</summary>
public class TaskVariablesTests
{
    [Theory]
    [InlineData(0, new[] { 0, 1, 2 })]
    [InlineData(3, new[] { 9 })]
    [InlineData(4, new int[0])]
    [InlineData(int.MaxValue, new int[0])]
    public void Shards_per_task_follow_from_the_index_alone(int index, int[] expected)
    {
        // --array=3,7 and the like: neither the count nor the ends matter.
        Assert.Equal(expected, SlurmTask.Shards(Slurm(index, 2, 0, 999), 10, 3));
        Assert.Equal(expected, KubernetesTask.Shards(Variables(("JOB_COMPLETION_INDEX", index)), 10, 3));
    }

    [Theory]
    [InlineData(10, 4, 0, 1)]
    [InlineData(10, 3, 5, 1)]
    [InlineData(3, 8, 0, 1)]
    [InlineData(0, 2, 0, 1)]
    [InlineData(10, 4, 2, 3)]
    public void Tasks_divide_all_shards_among_them(int shards, int tasks, int first, int step)
    {
        var next = 0;
        for (var task = 0; task < tasks; task++)
        {
            var part = SlurmTask.Shards(Slurm(first + (task * step), tasks, first, first + ((tasks - 1) * step), step), shards);
            Assert.Equal(part, KubernetesTask.Shards(Variables(("JOB_COMPLETION_INDEX", task), ("JOB_COMPLETIONS", tasks)), shards));
            Assert.Equal(Enumerable.Range(next, part.Count), part);
            Assert.InRange(part.Count, shards / tasks, (shards / tasks) + 1);
            next += part.Count;
        }
        Assert.Equal(shards, next);
    }

    [Fact]
    public void An_array_of_two_numbers_far_apart_is_divided_by_its_step()
    {
        // Slurm calls --array=3,7 an array of two tasks with a step of 4; both have a half then.
        Assert.Equal([0, 1], SlurmTask.Shards(Slurm(3, 2, 3, 7, 4), 4));
        Assert.Equal([2, 3], SlurmTask.Shards(Slurm(7, 2, 3, 7, 4), 4));
    }

    [Theory]
    [InlineData(3, 3, 1, 7, 1)]
    [InlineData(3, 2, 3, 7, 1)]
    [InlineData(4, 3, 0, 4, 3)]
    [InlineData(8, 8, 0, 7, 1)]
    public void An_array_with_gaps_is_not_divided(int index, int count, int first, int last, int step)
    {
        var message = Assert.Throws<ShardQueueException>(() => SlurmTask.Shards(Slurm(index, count, first, last, step), 100)).Message;
        Assert.Contains($"{count} tasks from {first} to {last} has gaps", message, StringComparison.Ordinal);
        Assert.Contains("--shards-per-task", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Outside_of_an_array_is_told()
    {
        Tells("SLURM_ARRAY_TASK_ID is not set", () => SlurmTask.Shards(Variables(), 3, 1));
        Tells("Slurm job 71 is no array", () => SlurmTask.Shards(Variables(("SLURM_JOB_ID", 71)), 3, 1));
        Tells("SLURM_ARRAY_TASK_COUNT is not set", () => SlurmTask.Shards(Variables(("SLURM_ARRAY_TASK_ID", 0)), 3));
        Tells("SLURM_ARRAY_TASK_ID is '0x1'", () => SlurmTask.Shards(name => name == "SLURM_ARRAY_TASK_ID" ? "0x1" : null, 3));
    }

    [Fact]
    public void Outside_of_an_Indexed_Job_is_told()
    {
        Tells("JOB_COMPLETION_INDEX is not set", () => KubernetesTask.Shards(Variables(), 3, 1));
        Tells("JOB_COMPLETIONS is not set: give --shards-per-task", () => KubernetesTask.Shards(Variables(("JOB_COMPLETION_INDEX", 0)), 3));
        var variables = Variables(("JOB_COMPLETION_INDEX", 4), ("JOB_COMPLETIONS", 4));
        Tells("JOB_COMPLETION_INDEX is 4, and JOB_COMPLETIONS 4", () => KubernetesTask.Shards(variables, 3));
    }

    private static void Tells(string message, Action action) =>
        Assert.Contains(message, Assert.Throws<ShardQueueException>(action).Message, StringComparison.Ordinal);

    private static Func<string, string?> Slurm(int index, int count, int first, int last, int? step = null) => Variables(
        ("SLURM_ARRAY_TASK_ID", index), ("SLURM_ARRAY_TASK_COUNT", count), ("SLURM_ARRAY_TASK_MIN", first), ("SLURM_ARRAY_TASK_MAX", last),
        ("SLURM_ARRAY_TASK_STEP", step));

    private static Func<string, string?> Variables(params (string Name, int? Value)[] variables) =>
        name => Array.Find(variables, variable => variable.Name == name).Value?.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
